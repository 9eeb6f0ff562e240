#!/usr/bin/python3
"""embed_assets.py <web folder> <output .cc>: puts the web pages into the binary, compressed.

Declared in src/console/assets.h. The bytes lie beside the .cc as .gz files and come in by #embed;
the etag in the .cc changes with them, which is also how ccache notices.
"""

import gzip
import hashlib
import sys
from pathlib import Path

SWAGGER = "docs/node_modules/swagger-ui-dist"

# path in the server -> file under web/
ASSETS = {
    "/": "landing/index.html",
    "/docs": "docs/index.html",
    "/docs/docs.js": "docs/docs.js",
    "/docs/favicon-32x32.png": f"{SWAGGER}/favicon-32x32.png",
    "/docs/swagger-ui-bundle.js": f"{SWAGGER}/swagger-ui-bundle.js",
    "/docs/swagger-ui.css": f"{SWAGGER}/swagger-ui.css",
    # Swagger UI's terms ask that these travel with it.
    "/docs/swagger-ui-bundle.js.LICENSE.txt": f"{SWAGGER}/swagger-ui-bundle.js.LICENSE.txt",
    "/docs/swagger-ui.LICENSE.txt": f"{SWAGGER}/LICENSE",
    "/docs/swagger-ui.NOTICE.txt": f"{SWAGGER}/NOTICE",
}

CONTENT_TYPES = {
    "": "text/plain; charset=utf-8",
    ".txt": "text/plain; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".png": "image/png",
}

SOURCE = """\
// Made by cmake/embed_assets.py from web/.
#include "console/assets.h"

namespace onggi::console {{
namespace {{

{bytes}
template <std::size_t size>
std::string_view view(const unsigned char (&bytes)[size]) {{
  return {{reinterpret_cast<const char*>(bytes), size}};
}}

}}  // namespace

std::span<const Asset> assets() {{
  static const Asset all[] = {{
{rows}  }};
  return all;
}}

}}  // namespace onggi::console
"""


def main(web, output):
    output.parent.mkdir(parents=True, exist_ok=True)
    arrays = rows = ""
    for number, (path, name) in enumerate(sorted(ASSETS.items())):
        # Without a time of its own, the same file is compressed to the same bytes.
        compressed = gzip.compress((web / name).read_bytes(), compresslevel=9, mtime=0)
        file = output.parent / f"asset_{number}.gz"
        file.write_bytes(compressed)
        etag = hashlib.sha256(compressed).hexdigest()[:32]
        arrays += f'constexpr unsigned char asset_{number}[] = {{  // {name}\n#embed "{file}"\n}};\n'
        content_type = CONTENT_TYPES[Path(name).suffix]
        rows += f'    {{"{path}", "{content_type}", view(asset_{number}), "\\"{etag}\\""}},\n'
    output.write_text(SOURCE.format(bytes=arrays, rows=rows))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
