"""From runs to the site: pages of local and published runs, verdicts, run times, the build.

`publish` copies a run into ``book/`` for git. `build` copies the local runs to ``book/local/``,
writes what the front page and the page of run times include, and renders all with Jupyter Book.
"""

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from busutils import jobs, parameters, paths, pretraining, runs
from busutils.errors import RunError, UserError
from busutils.parameters import QUICK, places
from busutils.runs import Run

NONE_YET = "Nothing is published yet."
NO_RUNS = "Make one with `python -m busutils run 01_unet_backbones` and build the site again."


def publish(run: Run) -> Path:
    """Copy a run and the small results of its jobs to ``book/``, without any path of this machine.

    Returns
    -------
    The published page, ``book/papers/<name>-<dataset>-<profile>.ipynb``.

    Raises
    ------
    UserError
        If the run was made by hand, so that no executed notebook belongs to it.
    """
    source = _executed(run)
    if not source.exists():
        raise UserError(f"{run.id} has no executed notebook: publish a run made by `busutils run`")
    name = run.published_name
    with paths.whole_folder(paths.published() / "notebooks" / name) as part:
        _copy_results(run, part)
        jobs.publish(run.manifest.get("jobs", []), part)
    tables = Path("..") / "results" / "notebooks" / name / "tables"
    suffix = f" ({run.manifest['data']['name']})" if run.manifest.get("data") else ""
    runs.write_json(page(run), _without_paths(_page(source, run, tables, suffix), run.manifest))
    return page(run)


def page(run: Run) -> Path:
    """Return where the page of a run is published."""
    return paths.published().parent / "papers" / f"{run.published_name}.ipynb"


def build(quiet: bool = False) -> Path:
    """Render the site with its slides and return its front page.

    Raises
    ------
    RunError
        If Jupyter Book or Sphinx gives a warning or an error; the whole account is in
        ``_build/site.log`` or ``_build/slides.log``.
    """
    root = paths.project()
    made = root / "_build"
    html = made / "html"
    collect()
    # Sphinx leaves the pages of runs that are gone.
    shutil.rmtree(html / "book" / "local", ignore_errors=True)
    if not quiet:
        print("building the site", file=sys.stderr)
    slides = ["-b", "revealjs", "-E", "-W", "-d", made / "slides", root / "book" / "slides"]
    _call("jupyter-book", ["build", "--all", "-W", "-n", "--keep-going", root], made / "site.log")
    _call("sphinx-build", [*slides, html / "slides"], made / "slides.log")
    return html / "index.html"


def collect() -> None:
    """Write ``book/local/`` and the included parts afresh from the runs that are there."""
    from bookcheck import start

    root = paths.project()
    local, published = local_runs(), runs.all_in(paths.published())
    with paths.whole_folder(root / "book" / "local") as part:
        for run in local:
            if (run.folder / "tables").exists():
                shutil.copytree(run.folder / "tables", part / run.id)
            made_with = [run.manifest["dataset"], run.manifest["profile"]]
            suffix = f" ({', '.join(filter(None, made_with))})"
            local_page = _page(_executed(run), run, Path(run.id), suffix)
            runs.write_json(part / f"{run.id}.ipynb", local_page)
        for notebook in sorted((paths.store() / "notebooks").glob("*.ipynb")):
            runs.write_json(part / notebook.name, _linked(notebook))
        if not local:
            (part / "none.md").write_text(f"# None yet\n\n{NO_RUNS}\n", encoding="utf-8")
    with paths.whole_folder(root / "_build" / "pages") as part:
        start.write(published, part)
        told = [
            f"{file.read_text(encoding='utf-8')}\n<small>{run.caption}</small>\n"
            for run in published
            if (file := run.folder / runs.VERDICTS).exists()
        ]
        (part / runs.VERDICTS).write_text("\n".join(told) or NONE_YET, encoding="utf-8")
        (part / "runtimes.md").write_text(_runtimes(published, local), encoding="utf-8")
    with paths.whole_folder(root / "_build" / "explored") as part:
        shown = [run for run in [*published, *local] if (run.folder / runs.EXPLORED).exists()]
        _write_explored(shown, part)


def local_runs() -> list[Run]:
    """Return the local runs that have a page: of quick runs as they come, only the newest each."""
    executed = [run for run in runs.all_in(paths.store()) if _executed(run).exists()]
    newest = {}
    for run in sorted(executed, key=lambda run: run.manifest["started"]):
        plain = run.manifest["profile"] == QUICK and not run.manifest["overrides"]
        newest[run.manifest["notebook"] if plain else run.id] = run
    return sorted(newest.values(), key=lambda run: run.id)


def _executed(run: Run) -> Path:
    return run.folder / f"{run.manifest['notebook']}.ipynb"


def _copy_results(run: Run, part: Path) -> None:
    for name in ("tables", runs.MEASURED):
        if (run.folder / name).exists():
            shutil.copytree(run.folder / name, part / name)
    for name in (runs.VERDICTS, runs.CASES, runs.EXPLORED):
        if (run.folder / name).exists():
            shutil.copyfile(run.folder / name, part / name)
    for file in (part / runs.MEASURED).glob("*.json"):
        told = json.loads(file.read_text(encoding="utf-8"))
        runs.write_json(file, _without_paths(told, run.manifest))
    values = run.manifest["parameters"]
    if "weights_root" in places(values):  # files by their hashes, so that a clone plans the same
        values = values | {"weights_root": pretraining.named(values["weights_root"])}
    told = run.manifest | {"parameters": values}
    runs.write_json(part / runs.MANIFEST, _without_paths(told, run.manifest))
    runs.write_json(part / runs.NUMBERS, _without_paths(run.numbers, run.manifest))


def _page(source: Path, run: Run, tables: Path, suffix: str) -> dict[str, Any]:
    """Return an executed notebook as a page: links set right, and told what made it.

    `tables` is where its tables lie, as seen from the page. The suffix of the title says on what
    data, since one notebook may have a page for each set.
    """
    notebook = _linked(source)
    first = notebook["cells"][0]
    first["source"] = re.sub(r"^(# .*)", rf"\1{suffix}", first["source"], count=1, flags=re.M)
    if (run.folder / runs.CARD).exists():
        card = (run.folder / runs.CARD).read_text(encoding="utf-8")
        notebook["cells"].insert(1, _markdown("card", card))
    names = sorted(f.name for f in (run.folder / "tables").glob("*.csv"))
    text = _made_by(run, [f"{{download}}`{n} <{(tables / n).as_posix()}>`" for n in names])
    notebook["cells"].append(_markdown("made-by", text))
    return notebook


def _markdown(name: str, text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "id": name, "metadata": {}, "source": text}


def _linked(source: Path) -> dict[str, Any]:
    """Read a notebook; its links to ``../book/`` are set for a page inside ``book/``."""
    notebook = json.loads(source.read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = "".join(cell["source"]).replace("](../book/", "](../")
    return notebook


def _made_by(run: Run, tables: list[str]) -> str:
    manifest, minutes = run.manifest, _minutes(run)
    fingerprint = manifest.get("data", {}).get("fingerprint")
    versions = ", ".join(f"{k} {v}" for k, v in manifest["versions"].items())
    executing = f"{manifest['minutes']:.1f} minutes, without trainings that were finished before"
    rows = {
        "run": f"`{manifest['run']}`",
        "data": run.data + (f", fingerprint `{fingerprint}`" if fingerprint else ""),
        "profile": manifest["profile"],
        "machine": manifest["machine"],
        "date": manifest["started"][:10],
        "training": minutes and f"{sum(minutes):.0f} minutes, {len(minutes)} trainings",
        "executing the page": executing,
        "code": f"commit `{manifest['commit']}`, Python {manifest['python']}, {versions}",
        "again": f"`{_command(manifest)}`",
    }
    if (run.folder / runs.EXPLORED).exists():
        rows["cases"] = f"<a href='../explorer.html?run={run.id}'>look into some of them</a>"
    if anew := manifest.get("anew"):  # from the counts of its trainings
        but = f" but {anew['kept']} cells with pictures" if anew["kept"] else ""
        rows["written anew"] = f"all{but}, on {anew['date']}, by commit `{anew['commit']}`"
    rows["tables"] = ", ".join(tables) or "none"
    head, *lines = [f"| {key} | {value} |" for key, value in rows.items() if value]
    return "\n".join(["## What made this page", "", head, "|:--|:--|", *lines])


def _minutes(run: Run) -> list[float]:
    """Minutes of each training that a page reports."""
    return [made["minutes"] for made in jobs.made(run.manifest.get("jobs", []))]


def _command(manifest: Mapping) -> str:
    words = ["python", "-m", "busutils", "run", manifest["notebook"]]
    if manifest["profile"] != QUICK:
        words += ["--profile", manifest["profile"]]
    for name in manifest["overrides"]:
        value = manifest["parameters"][name]
        text = ",".join(map(str, value)) if isinstance(value, list) else value
        words += ["-p", f"{name}={'DIR' if name.endswith('_root') else text}"]
    return shlex.join(words)


def _without_paths(content: Any, manifest: Mapping) -> Any:
    """Take this machine's folders out of anything that JSON can hold; pictures stay as they are."""
    if isinstance(content, dict):
        kept = {k: v for k, v in content.items() if k != "papermill"}
        return {k: v if k == "image/png" else _without_paths(v, manifest) for k, v in kept.items()}
    if isinstance(content, list):
        return [_without_paths(v, manifest) for v in content]
    if isinstance(content, str):
        for name in places(manifest["parameters"]):
            content = content.replace(manifest["parameters"][name], "")
        for place, name in [(paths.project(), "."), (paths.store(), "runs"), (Path.home(), "~")]:
            content = content.replace(str(place), name)
    return content


def _runtimes(published: list[Run], local: list[Run]) -> str:
    """A row a page; a machine that made all of them is told once, above the table."""
    if not published + local:
        return NONE_YET
    rows = []
    for page, run in [
        *((f"/book/papers/{r.folder.name}.ipynb", r) for r in published),
        *((f"/book/local/{r.id}.ipynb", r) for r in local),
    ]:
        told, minutes = run.manifest, _minutes(run)
        row = [f"[{told['notebook']}]({page})", run.data, told["profile"]]
        row += [told.get("backend", "none")]
        row += [f"{sum(minutes):.0f} ({len(minutes)})" if minutes else ""]
        rows.append([*row, f"{told['minutes']:.1f}", told["machine"]])
    columns = ["page", "data", "profile", "backend", "training, min", "executing, min", "machine"]
    machines = {row[-1] for row in rows}
    if alone := len(machines) == 1:
        rows, columns = [row[:-1] for row in rows], columns[:-1]
    lines = [columns, ["--:" if "min" in name else ":--" for name in columns], *rows]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"All pages were made on one machine: {machines.pop()}.\n\n{table}" if alone else table


def _write_explored(explorable: list[Run], part: Path) -> None:
    """Write the cases of each run as a script, which a page opened from a file may load."""
    listed = []
    for run in explorable:
        content = (run.folder / runs.EXPLORED).read_text(encoding="utf-8")
        script = f"explored[{json.dumps(run.id)}] = {content};\n"
        (part / f"explored-{run.id}.js").write_text(script, encoding="utf-8")
        about = ", ".join([_title(run), run.data, run.manifest["profile"]])
        listed.append([run.id, about])
    script = f"window.explored = {{}};\nwindow.explorable = {json.dumps(listed)};\n"
    (part / "explored.js").write_text(script, encoding="utf-8")


def _title(run: Run) -> str:
    """First heading of a run's notebook."""
    first = json.loads(parameters.source(run.manifest["notebook"]).read_text(encoding="utf-8"))
    return "".join(first["cells"][0]["source"]).splitlines()[0].removeprefix("# ")


def _call(program: str, words: Sequence[str | Path], log: Path) -> None:
    """Call a program of this Python, which writes to a log; its first warning or error is told."""
    with log.open("w", encoding="utf-8") as out:
        command = [Path(sys.executable).with_name(program), *words]
        if not subprocess.run(command, stdout=out, stderr=out, check=False).returncode:
            return
    lines = log.read_text(encoding="utf-8").splitlines()
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    found = [line for line in plain if re.search(r"WARNING|ERROR|Error", line)]
    told = found[0].replace(f"{paths.project()}/", "") if found else f"{program} stopped"
    raise RunError(f"the site was not built: {told} (see {log})")
