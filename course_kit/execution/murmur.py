"""The hash after which ipykernel names a cell's file, worked out faster: twice a cell it takes up to a millisecond.

The numbers are ipykernel's own, so that warnings and tracebacks name the same files.
"""

import struct
from functools import lru_cache

_M, _ALL = 0x5BD1E995, 0xFFFFFFFF


@lru_cache(maxsize=4)
def murmur2_x86(data: str, seed: int) -> int:
    """ipykernel.compiler.murmur2_x86. Raises :class:`UnicodeEncodeError` for what is no text, as that does."""
    content = data.encode("utf8")
    length = len(content)
    whole = length & ~3
    h = seed ^ length
    for (k,) in struct.iter_unpack("<I", content[:whole]):
        k = (k * _M) & _ALL
        k = ((k ^ (k >> 24)) * _M) & _ALL
        h = ((h * _M) & _ALL) ^ k
    if rest := content[whole:]:
        h = ((h ^ int.from_bytes(rest, "little")) * _M) & _ALL
    h = ((h ^ (h >> 13)) * _M) & _ALL
    return h ^ (h >> 15)
