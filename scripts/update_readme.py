"""Write the README's generated parts: interface, parameters, results.   python3 scripts/update_readme.py [--check]"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
RESULTS = ROOT / "benchmarks" / "RESULTS.md"


def parts() -> dict[str, str]:
    """The generated parts by name."""
    sys.path.insert(0, str(ROOT))  # works without the built environment, too
    from reason_seg_ros.nodes import interface, parameters

    return {
        "interface": interface.markdown_table(),
        "parameters": parameters.markdown_table(),
        "results": results(),
    }


def results() -> str:
    """The embedded segmenter's section of the benchmark's results, with the machine."""
    if not RESULTS.is_file():
        raise SystemExit(f"{RESULTS.name} is not there: run 'make bench' first")
    text = RESULTS.read_text(encoding="utf-8")
    measured = text.splitlines()[2]
    tables = re.search(r"(### .*?)(?=\n## |\Z)", text, re.DOTALL)
    if tables is None:
        raise SystemExit(f"{RESULTS.name} has no tables of the embedded segmenter: run 'make bench' first")
    return f"{measured}\n\n{tables.group(1).strip()}\n"


def updated(text: str) -> str:
    """The README with its generated parts as they should be."""
    for name, content in parts().items():
        pattern = rf"(<!-- {name}: [^>]*-->\n).*?(<!-- end -->)"
        text, count = re.subn(pattern, lambda found, new=content: found[1] + new + found[2], text, flags=re.DOTALL)
        if count != 1:
            raise SystemExit(f"README.md has no place for '{name}': <!-- {name}: ... --> up to <!-- end -->")
    return text


def main() -> int:
    """Update the README, or tell with --check whether it is up to date."""
    text = README.read_text(encoding="utf-8")
    wanted = updated(text)
    if "--check" in sys.argv[1:]:
        return int(text != wanted)
    README.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
