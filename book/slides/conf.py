"""Slides for a lecture before the lab, made by ``busutils book`` with reveal.js, which they hold."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "_ext"))

project = "Five Papers, Re-run"
copyright = "2026, Five Papers, Re-run contributors"
extensions = ["myst_parser", "sphinx_revealjs", "mathml"]
myst_enable_extensions = ["dollarmath"]
html_math_renderer = "mathml"
revealjs_static_path = ["_static"]
revealjs_style_theme = "white"
revealjs_css_files = ["slides.css"]
revealjs_notes_from_comments = True
revealjs_use_section_ids = True
# JavaScript, since slides on a phone held upright are narrow
revealjs_script_conf = """{
  hash: true, slideNumber: "c/t",
  width: innerWidth < innerHeight ? 520 : 960, height: innerWidth < innerHeight ? 900 : 600,
}"""
revealjs_script_plugins = [{"name": "RevealNotes", "src": "revealjs/plugin/notes/notes.js"}]
