/** The panel on a page of its own, for tests that press its buttons. */

import * as React from 'react';
import { act } from 'react';
import { createRoot, type Root } from 'react-dom/client';
import { afterEach, beforeEach, vi } from 'vitest';

import { type IActions } from '../src/components/context';
import { CoursePanelView } from '../src/components/panel';
import { type IWorld, trans } from './worlds';

(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true;

const NAMED = 'button, a, progress, ul[aria-label], input';

export class Stage {
  node!: HTMLElement;
  actions!: { -readonly [name in keyof IActions]: IActions[name] };
  private root!: Root;

  set(): void {
    this.node = document.body.appendChild(document.createElement('div'));
    this.root = createRoot(this.node);
    this.actions = {
      openCourse: vi.fn(),
      submit: vi.fn(),
      restore: vi.fn(),
      pause: vi.fn(),
      startOver: vi.fn(),
      copy: vi.fn(),
      notice: panel => panel.notice,
      readNotice: vi.fn()
    };
  }

  strike(): void {
    act(() => this.root.unmount());
    this.node.remove();
  }

  async show(world: IWorld): Promise<void> {
    const render = (): void =>
      this.root.render(
        <CoursePanelView
          model={world.model}
          actions={this.actions}
          trans={trans}
          now={Date.UTC(2026, 10, 22)}
        />
      );
    world.model.changed.connect(() => act(render));
    act(render);
    await act(() => world.model.refresh());
  }

  named(name: string): HTMLElement {
    const found = [...this.node.querySelectorAll<HTMLElement>(NAMED)].find(
      each => (each.getAttribute('aria-label') ?? plain(each)) === name
    );
    if (!found) {
      throw new Error(`nothing is named ${name}`);
    }
    return found;
  }

  async press(name: string): Promise<void> {
    await act(async () => {
      this.named(name).click();
      await Promise.resolve();
    });
  }

  /** What `selector` says, each of its elements in a line. */
  said(selector: string): string[] {
    return [...this.node.querySelectorAll(selector)].map(each => plain(each));
  }
}

/** A stage that is set before each test of the file and struck after it. */
export function makeStage(): Stage {
  const stage = new Stage();
  beforeEach(() => stage.set());
  afterEach(() => stage.strike());
  return stage;
}

function plain(element: Element): string {
  return element.textContent.replace(/\s+/g, ' ').trim();
}
