# What `make book` makes: phantoms, the quick run of every notebook, the site. Snakemake runs again
# only what changed. With a notebook named, the jobs of a study, on this machine or a cluster:
#   snakemake study --config notebook=01_unet_backbones profile=paper data_root=/data/BUSI \
#       --executor slurm --jobs 20
import json
import subprocess
import sys
from pathlib import Path

from busutils import execution, parameters, paths, sources

BUSUTILS = f"{sys.executable} -m busutils"
STORE = paths.store()
PHANTOMS = "data/phantom/Dataset_BUSI_with_GT"
QUICK = {
    name: execution.folder(name, "quick", parameters.resolve(name, "quick", {})) / "manifest.json"
    for name in parameters.notebooks()
}
RUNS = {STORE / run for run in STORE.glob("notebooks/[!.]*/manifest.json")} | set(QUICK.values())


def study_command(what):
    """`busutils` with the notebook, profile and data of --config."""
    named = [str(config["notebook"]), "--profile", str(config.get("profile", "quick"))]
    if "data_root" in config:
        named += ["--data-root", str(config["data_root"])]
    return [sys.executable, "-m", "busutils", what, *named]


def study():
    """Open jobs by id with the open ones that each needs first; a finished one is never touched."""
    listed = subprocess.run([*study_command("jobs"), "--json"], capture_output=True, check=True)
    open_jobs = {job["id"]: job["needs"] for job in json.loads(listed.stdout) if not job["done"]}
    return {name: [need] if need in open_jobs else [] for name, need in open_jobs.items()}


JOBS = study() if "notebook" in config else {}
MANIFEST = str(STORE / "jobs" / "{id}" / "manifest.json")


rule site:
    input:
        QUICK.values(),
        RUNS,
        "_config.yml",
        "_toc.yml",
        "busutils/pages.py",
        "bookcheck/start.py",
        [f for f in Path("book").rglob("*.*") if not {"local", "__pycache__"} & {*f.parts}],
        STORE.glob("notebooks/*.ipynb"),
    output:
        "_build/html/index.html",
    shell:
        "{BUSUTILS} book"


rule phantoms:
    input:
        Path("busutils/phantoms").glob("*.py"),
    output:
        directory(PHANTOMS),
    shell:
        # the check looks for copies, which takes longest and is kept for the pages
        "rm -rf data/phantom && {BUSUTILS} data fetch phantom --to data/phantom && "
        "{BUSUTILS} data check data/phantom --quiet > /dev/null"


for name, manifest in QUICK.items():

    rule:
        name:
            f"quick_{name}"
        input:
            f"notebooks/{name}.ipynb",
            Path("book/reported").glob("*"),
            sources.of_notebook(Path("notebooks") / f"{name}.ipynb"),
            phantoms=PHANTOMS,
        output:
            manifest,
        params:
            notebook=name,
        shell:
            "echo executing {params.notebook} && {BUSUTILS} run {params.notebook} --quiet"


rule job:
    input:
        lambda wildcards: expand(MANIFEST, id=JOBS[wildcards.id]),
    output:
        MANIFEST,
    params:
        command=subprocess.list2cmdline(study_command("jobs")) if JOBS else "",
    shell:
        "{params.command} --train {wildcards.id}"


rule study:
    input:
        expand(MANIFEST, id=JOBS),
    params:
        command=subprocess.list2cmdline(study_command("run")) if JOBS else "",
    shell:
        "{params.command}"
