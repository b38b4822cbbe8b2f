import { ServerConnection } from '@jupyterlab/services';
import { describe, expect, it } from 'vitest';

import { ApiError, CourseApi, Unreachable } from '../src/api';
import { explain } from '../src/trouble';
import { goldenPanel, trans } from './worlds';

function answering(respond: (request: Request) => Response | Promise<Response>): CourseApi {
  const settings = ServerConnection.makeSettings({
    baseUrl: 'http://localhost/user/ada/',
    appendToken: false,
    fetch: (input: RequestInfo | URL, init?: RequestInit) =>
      Promise.resolve(respond(new Request(input, init)))
  });
  return new CourseApi(settings);
}

const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status });

describe('requests', () => {
  it('go below course-kit/, with the query encoded', async () => {
    let url = '';
    const api = answering(request => {
      url = request.url;
      return json(goldenPanel());
    });
    await api.panel({ path: 'a b/ü.ipynb' });
    expect(url).toContain('http://localhost/user/ada/course-kit/panel?path=a%20b%2F%C3%BC.ipynb');
    const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
    expect(new URL(url).searchParams.get('zone')).toBe(zone);
  });

  it('carry JSON', async () => {
    let body: unknown;
    const api = answering(async request => {
      body = [request.method, await request.json()];
      return json({ backup: 'b' });
    });
    expect(await api.restore('a.ipynb', null)).toEqual({ backup: 'b' });
    expect(body).toEqual(['POST', { path: 'a.ipynb', cell: null }]);
  });
});

describe('errors', () => {
  it("are the server's own words", async () => {
    const api = answering(() => json({ code: 'invalid', message: 'No.', hint: 'Do this.' }, 422));
    const error: unknown = await api.open('x').catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ApiError);
    expect(explain(error, 'Opening', trans)).toEqual({
      where: 'Opening',
      what: 'No.',
      next: 'Do this.'
    });
  });

  it('tell a missing server extension from a missing course', async () => {
    const api = answering(() => new Response('<html>404</html>', { status: 404 }));
    const error: unknown = await api.panel({}).catch((reason: unknown) => reason);
    expect(explain(error, '', trans).what).toBe(
      'course-kit is not running on this Jupyter server.'
    );
  });

  it.each([502, 503])('of a proxy (%i) mean that the server is away', async status => {
    const api = answering(() => new Response('', { status }));
    await expect(api.panel({})).rejects.toBeInstanceOf(Unreachable);
  });

  it('of a full disk are words and not an absence', async () => {
    const said = { code: 'unavailable', message: 'The disk is full.', hint: 'Free some space.' };
    const api = answering(() => json(said, 503));
    await expect(api.panel({})).rejects.toBeInstanceOf(ApiError);
  });

  it('of the network mean that the server is away', async () => {
    const api = answering(() => {
      throw new TypeError('Failed to fetch');
    });
    await expect(api.panel({})).rejects.toBeInstanceOf(Unreachable);
  });

  it('name both versions when page and server differ', async () => {
    const api = answering(() => json({ ...goldenPanel(), version: 7 }));
    const error: unknown = await api.panel({}).catch((reason: unknown) => reason);
    expect(explain(error, '', trans).what).toBe(
      'The server sends version 7 of the course panel; this page reads version 1.'
    );
  });
});
