"""The command line: ``python -m busutils`` or ``busutils``. Exit codes: 0 done, 1 a failed run, 2 a
wrong call.

Each command imports what it needs when it is called, so that ``--help`` is instant.
"""

import argparse
import contextlib
import errno
import io
import json
import os
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

from busutils.data import progress
from busutils.errors import RunError, UserError, choose

REMEDIES = {
    errno.ENOSPC: "free space, or set BUSUTILS_RUNS to a folder on another disk",
    errno.EACCES: "change its permissions, or name another folder",
    errno.EROFS: "it is on a read-only disk, so name another folder",
}


def main(arguments: list[str] | None = None) -> int:
    """Carry out one command and return its exit code.

    A terminal that lacks a character shows "?" for it, and a reader that has gone, as in
    ``| head -1``, ends the command without a word.
    """
    if not sys.warnoptions:  # they are for those who write code
        warnings.simplefilter("ignore")
    streams = [s for s in (sys.stdout, sys.stderr) if isinstance(s, io.TextIOWrapper)]
    for stream in streams:
        stream.reconfigure(errors="replace")
    try:
        return _carry_out(arguments)
    except BrokenPipeError:
        for stream in streams:  # what is left in their buffers is not wanted either
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return 0


def _carry_out(arguments: list[str] | None) -> int:
    try:
        try:
            args = _parser().parse_args(arguments)
            with progress.silent(args.quiet):
                code = args.command(args)
        finally:  # after --help too; at exit it would be too late to catch what goes wrong
            print(end="", flush=True)
    except BrokenPipeError:
        raise
    except UserError as error:
        return _say(error, error.exit_code)
    except OSError as error:
        remedy = REMEDIES.get(error.errno, "check the name and the disk")
        return _say(f"{error.filename or 'a file'}: {error.strerror or error}: {remedy}", 1)
    except KeyboardInterrupt:
        return _say("interrupted; finished trainings are kept, call again to go on", 1)
    return code or 0


def _say(message: object, code: int) -> int:
    print(f"busutils: {message}", file=sys.stderr, flush=True)
    return code


def _run(args: argparse.Namespace) -> None:
    if args.help:
        _explain(args)
    elif args.notebook is None:
        raise UserError("name a notebook, such as 01_unet_backbones")
    elif args.dry_run:
        _dry_run(args)
    else:
        from busutils import execution

        print(execution.execute(*_asked(args), args.quiet))


def _explain(args: argparse.Namespace) -> None:
    from busutils import parameters, values

    args.parser.print_help()
    if args.notebook is None:
        print("\nnotebooks:", *parameters.notebooks(), sep="\n  ")
        return
    print(f"\nprofiles of {args.notebook}: {', '.join(parameters.profiles(args.notebook))}")
    print("parameters (-p name=value):")
    for p in parameters.read(parameters.source(args.notebook)):
        print(f"  {p.name} = {p.default!r} ({values.words(p.kind)})\n      {p.help}")


def _dry_run(args: argparse.Namespace) -> None:
    from busutils import costs, execution, jobs, promises
    from busutils.job import titles

    with promises.aside():
        planned = list({job.id: job for job in _planned(args)}.values())  # one may stand twice
    missing = [job for job, _ in jobs.plan(planned)]
    for identity, title in titles(missing).items():
        print(identity, title)
    print(f"{len(_with_needs(planned))} jobs, {len(missing)} of them to train")
    if missing:
        cost = costs.cost(missing)
        print(f"about {cost.time} and {cost.megabytes:.0f} MB on this machine")
    for name in sorted(execution.kept(args.notebook)):  # what the page shows beside its tables
        makers = [job for job in planned if name != "film" or job.record == "film"]
        lacking = jobs.again(makers, {name})
        elsewhere = sum((jobs.folder(job) / jobs.MERGED).exists() for job in lacking)
        if here := len(lacking) - elsewhere:
            print(
                f"{here} finished jobs lack their {name}: those that the page shows, and that no "
                "published run has measured, train again"
            )
        if elsewhere:
            print(
                f"{elsewhere} merged jobs lack their {name}: if the page shows one, copy its "
                f"{jobs.KEEP[name]} from store/jobs of the bundle, or delete its folder in "
                f"{jobs.folder(lacking[0]).parent} to train it here"
            )


def _planned(args: argparse.Namespace) -> list:
    from busutils import execution

    return execution.plan(*_asked(args))


def _jobs(args: argparse.Namespace) -> None:
    from busutils import bundle, jobs, promises, training
    from busutils.job import titles

    if (args.notebook is None) == (args.bundle is None):
        raise UserError("name either a notebook or --bundle DIR")
    said = {"-p": args.p, "--profile": args.profile, "--data-root": args.data_root}
    if given := [word for word, value in said.items() if value and args.bundle]:
        raise UserError(f"{given[0]} is for a notebook, and a bundle has its own: leave it out")
    if args.minutes is not None and not args.train:
        raise UserError("--minutes is for --train: add it, or leave --minutes out")
    if args.json and args.train:
        raise UserError("--json is for a list of jobs: leave it out, or --train")
    if args.minutes is not None and not args.minutes > 0:
        raise UserError(f"--minutes is {args.minutes:g}: give more than 0")
    with contextlib.nullcontext() if args.train else promises.aside():
        planned = bundle.jobs(args.bundle) if args.bundle else _with_needs(_planned(args))
    if args.train:
        by_id = {job.id: job for job in planned}
        named = by_id if args.train == ["all"] else args.train
        chosen = [by_id[choose(name, by_id, "job")] for name in named]
        if args.bundle:
            left = bundle.train(args.bundle, chosen, args.minutes, args.quiet)
        else:
            from busutils import execution  # a training machine has a bundle, and no YAML

            needed = {job.needs.id for job in planned if job.needs}
            keep = {"encoder"} if needed.issuperset(job.id for job in chosen) else set()
            also = execution.kept(args.notebook) & {"weights"}
            left = training.complete(chosen, keep, args.minutes, quiet=args.quiet, also=also)
        print(f"{len(chosen) - len(left)} of {len(chosen)} jobs finished")
        return
    store = bundle.open_store(args.bundle) if args.bundle else None
    done = {job.id: jobs.finished(job, store=store) for job in planned}
    told = titles(planned)
    if args.json:
        facts = [(j.id, told[j.id], done[j.id], j.needs and j.needs.id) for j in planned]
        names = ("id", "title", "done", "needs")
        print(json.dumps([dict(zip(names, of, strict=True)) for of in facts], indent=1))
        return
    for job in planned:
        print(job.id, "done" if done[job.id] else "open", told[job.id])


def _with_needs(planned: list) -> list:
    """The jobs with the pre-trainings that they start from, these first."""
    needed = [job.needs for job in planned if job.needs]
    return list({job.id: job for job in [*needed, *planned]}.values())


def _bundle(args: argparse.Namespace) -> None:
    from busutils import bundle, execution

    # a film is made by the jobs that record it, and probabilities are always kept
    keep = execution.kept(args.notebook) & {"weights"}
    print(*bundle.write(_planned(args), args.to, keep), sep="\n")


def _merge(args: argparse.Namespace) -> None:
    from busutils import bundle

    print(f"{len(bundle.merge(args.files, replace=args.replace))} jobs merged")


def _data_list(args: argparse.Namespace) -> None:
    from busutils.data import sets, sources

    for name, entry in sets.SETS.items():
        print(f"{name}: {entry.about}")
    for key, source in sources.known().items():
        print(f"fetch {key}: {source.title}. Licence: {source.licence}. Cite {source.citation}")


def _data_fetch(args: argparse.Namespace) -> None:
    from busutils import paths
    from busutils.data import fetch

    root = args.to or paths.project() / "data" / args.name
    fetch.fetch(args.name, root, progress=not args.quiet)
    print(root)


def _data_check(args: argparse.Namespace) -> None:
    if (args.images is None) != (args.masks is None):
        raise UserError("give --images and --masks together, such as 'images/{case}.png'")
    from busutils.data import check, sets

    if args.images is None and (args.labels or args.groups or args.mask_levels):
        raise UserError("--labels, --groups and --mask-levels need --images and --masks: give both")
    name = "pairs" if args.images else sets.recognise(args.root)
    said = (args.images or "", args.masks or "", args.labels, args.groups, args.mask_levels)
    listing = sets.listing(name, str(args.root), *said)
    report = check.check(listing)
    print(report.to_json() if args.json else report.to_text())
    if args.figure:
        from busutils.data.copies import contact_sheet

        contact_sheet.draw(listing, report.groups, args.figure)
    if report.refused:
        raise RunError(f"a run would refuse {args.root}: {', '.join(report.refused)}; mend these")


def _predict(args: argparse.Namespace) -> None:
    from busutils import predict, runs

    files = predict.predict(runs.find(args.run), args.images, args.to, args.train)
    print(*files, sep="\n")


def _compare(args: argparse.Namespace) -> None:
    from busutils import runs

    print(runs.side_by_side(runs.find(args.first), runs.find(args.second)).to_string())


def _publish(args: argparse.Namespace) -> None:
    from busutils import pages, runs

    print(pages.publish(runs.find(args.run, local=True)))


def _rebuild(args: argparse.Namespace) -> None:
    from busutils import rebuild, runs

    run = runs.find(args.run)
    if args.publish:
        print(rebuild.publish(run, args.quiet, args.data_root))
        return
    if args.data_root:
        raise UserError("--data-root is for rebuild --publish: no number needs the images")
    found = rebuild.rebuild(run, args.quiet)
    for place, text in found.different.items():
        print(f"{place}: {text}")
    if found.left_out:
        print(f"tables left out, which need images: {', '.join(found.left_out)}")
    print(f"numbers equal: {found.equal}")
    if found.different:
        raise RunError(
            f"{len(found.different)} numbers of {run.published_name} are not what was published: "
            "mend what changed them, or publish the run again"
        )


def _claims(args: argparse.Namespace) -> int:
    import bookcheck
    from scorecheck import __main__ as scorecheck

    words = [f"--context={args.context}", *["--json"] * args.json, "--", *map(str, args.files)]
    return scorecheck.main(words, "busutils", bookcheck.read, bookcheck.check)


def _book(args: argparse.Namespace) -> None:
    from busutils import pages

    print(pages.build(args.quiet))


def _course(args: argparse.Namespace) -> None:
    from busutils import course

    print(*course.write(args.to, args.offline), sep="\n")


def _new_paper(args: argparse.Namespace) -> None:
    from busutils import new_paper

    print(*new_paper.write(args.name), sep="\n")


def _asked(args: argparse.Namespace) -> tuple[str, str, dict[str, str]]:
    """Notebook, profile and parameters, as they were asked for."""
    return args.notebook, "quick" if args.profile is None else args.profile, _overrides(args)


def _overrides(args: argparse.Namespace) -> dict[str, str]:
    """``-p name=value`` and ``--data-root`` as one mapping."""
    given = {}
    for text in args.p:
        name, sign, value = text.partition("=")
        if not sign:
            raise UserError(f"-p {text} has no value: write -p name=value")
        if name in given:
            raise UserError(f"-p {name} is given twice: give it once")
        given[name] = value
    return given | ({"data_root": str(args.data_root)} if args.data_root else {})


def _parser() -> argparse.ArgumentParser:
    text = "Re-run papers on image segmentation."
    parser = argparse.ArgumentParser("busutils", description=text, allow_abbrev=False)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add = _add(commands, "run", _run, "execute a notebook", add_help=False)
    add("notebook", metavar="NOTEBOOK", nargs="?")
    _add_parameters(add)
    add("--dry-run", action="store_true", help="list its jobs, with hours and disk")
    add("-h", "--help", action="store_true", help="show this, and the parameters of NOTEBOOK")
    add = _add(commands, "jobs", _jobs, "list or train the jobs of a notebook or a bundle")
    add("notebook", metavar="NOTEBOOK", nargs="?")
    _add_parameters(add)
    add("--bundle", type=Path, metavar="DIR", help="a folder that `bundle` wrote")
    add("--train", nargs="+", metavar="ID", help="train these jobs, or `all`")
    add("--json", action="store_true", help="list as JSON, with what each needs")
    add("--minutes", type=float, metavar="N", help="stop after N minutes")
    add = _add(commands, "bundle", _bundle, "pack a notebook's jobs for a machine without network")
    add("notebook", metavar="NOTEBOOK")
    _add_parameters(add)
    add("--to", type=Path, required=True, metavar="DIR", help="folder to write to")
    add = _add(commands, "merge", _merge, "take finished jobs back from such a machine")
    add("files", metavar="FILE", nargs="+", type=Path)
    add("--replace", action="store_true", help="overwrite results that are here")
    _add_data(commands.add_parser("data", help="list, fetch and check image sets"))
    add = _add(commands, "predict", _predict, "masks, probabilities and overlays for your images")
    add("run", metavar="RUN")
    add("images", metavar="IMAGE", nargs="+", type=Path, help="files, or folders of images")
    add("--to", type=Path, default=Path("predictions"), help="folder to write to")
    add("--train", action="store_true", help="train again if no weights were kept")
    add = _add(commands, "compare", _compare, "the numbers of two runs side by side")
    add("first", metavar="RUN")
    add("second", metavar="RUN")
    add = _add(commands, "publish", _publish, "copy a run into book/, for git")
    add("run", metavar="RUN")
    add = _add(commands, "rebuild", _rebuild, "a published run from its small files: equal still?")
    add("run", metavar="RUN")
    add("--publish", action="store_true", help="write its page and numbers anew; pictures stay")
    text = "with --publish: folder of the images, for new pictures"
    add("--data-root", type=Path, help=text)
    add = _add(commands, "claims", _claims, "check the arithmetic of a paper's printed numbers")
    add("files", metavar="FILE.csv", nargs="+", type=Path)
    text = "what the numbers mean"
    add("--context", type=Path, required=True, metavar="FILE.yaml", help=text)
    add("--json", action="store_true", help="print JSON")
    add = _add(commands, "course", _course, "folders of a lab and exercises, with their solutions")
    add("--to", type=Path, default=Path("handout"), metavar="DIR", help="folder to write to")
    text = "also collect the packages, for computers like this one without network"
    add("--offline", action="store_true", help=text)
    add = _add(commands, "new-paper", _new_paper, "begin the page of another paper")
    add("name", metavar="NN_NAME", help="its number and a name, as 08_wang2026")
    _add(commands, "book", _book, "build the site from the runs that are there")
    return parser


def _add(commands, name: str, command: Callable, text: str, **options) -> Callable:
    """Add a command, and return what adds its arguments."""
    added = commands.add_parser(name, help=text, description=text, allow_abbrev=False, **options)
    added.add_argument("-q", "--quiet", action="store_true", help="show no progress")
    added.set_defaults(command=command, parser=added)
    return added.add_argument


def _add_parameters(add: Callable) -> None:
    add("--profile", help="quick, cpu or paper (default: quick)")
    add("-p", action="append", default=[], metavar="NAME=VALUE", help="a parameter")
    add("--data-root", type=Path, metavar="FOLDER", help="where the images are")


def _add_data(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add(commands, "list", _data_list, "the known sets, their licences, and how to get them")
    add = _add(commands, "fetch", _data_fetch, "download a set, or make the phantoms")
    add("name", metavar="NAME", help="as `data list` names it, or phantom")
    add("--to", type=Path, metavar="FOLDER", help="default: data/NAME")
    add = _add(commands, "check", _data_check, "check a known set, or your own with two patterns")
    add("root", metavar="FOLDER", type=Path)
    add("--json", action="store_true", help="print JSON")
    add("--figure", type=Path, metavar="FILE", help="draw the duplicate groups")
    add("--images", metavar="PATTERN", help="own data: which files are images")
    add("--masks", metavar="PATTERN", help="own data: which files are masks")
    for name, example in {"labels": "*_{label}_*", "groups": "{group}_*"}.items():
        text = f"own data: {name} are in the names of cases, as in '{example}'"
        add(f"--{name}", default="", metavar="PATTERN", help=text)
    text = "own data: values of masks that are lesion"
    add("--mask-levels", nargs="+", type=int, default=[], metavar="N", help=text)


if __name__ == "__main__":
    raise SystemExit(main())
