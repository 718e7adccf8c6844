"""Set one paper: JSON on standard input, the PDF on standard output. Run as a process of its own by ``pdf``, so it imports nothing of the product."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import typst

HERE = Path(__file__).parent


def main() -> None:
    """Read the data and the time of its text (seconds since 1970), write the file."""
    asked = json.load(sys.stdin.buffer)
    made = typst.compile(
        HERE / "paper.typ",
        root=HERE,
        font_paths=typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(HERE / "fonts")]),
        sys_inputs={"paper": json.dumps(asked["paper"], ensure_ascii=False)},
        format="pdf",
        pdf_standards=["a-2a", "ua-1"],
        timestamp=asked["at"],
    )
    if isinstance(made, bytes):
        sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main()
