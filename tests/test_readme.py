"""Each command that README.md and the book's pages print is typed as it stands there.

Stand-ins: phantoms for the real sets, small trainings, no download. What is stubbed: the download,
the building of the site, and the execution of notebooks on data that would train for hours, which
ends where the trainings are planned.
"""

import re
import shlex
import shutil
from pathlib import Path
from types import SimpleNamespace

import papermill.cli
import pytest
from PIL import Image

from busutils import __main__ as cli
from busutils import course, execution, pages, parameters, paths, runs
from busutils.data import fetch
from busutils.phantoms import write_busi, write_isic, write_lgg
from scorecheck import __main__ as scorecheck
from tests import cells, own_images, own_package

ROOT = paths.project()
PAGES = ("README.md", *(f"book/{n}.md" for n in ("data", "rerun", "claims", "teaching", "extend")))
ELSEWHERE = ("make", "source", "pip", "snakemake", "export")
"""Installing, building and distributing have tests of their own, or need what is not here."""
TINY = {
    **{"size": 32, "epochs": 1, "rows": ["vgg16"], "folds": [1], "encoder_weights": "none"},
    **{"freeze": "none", "test_mix": "stratified", "transfer_splits": 0},
}
PRINTED = {
    "csv": "paper,table,row,column,value,unit\n9,1,a,Dice,0.80,\n9,1,a,IoU,0.90,\n",
    "yaml": "checks: {tables: {'1': {columns: {Dice: {is: dice}, IoU: {is: iou}}}}}\n",
}
WITHOUT_MIX = {"test_mix": "stratified", "contrasts": []}
"""The paper's test set has 50 malignant images; there are 15 malignant phantoms."""
FEW = {"train": 12, "validation": 6, "contrast_train": 6}
"""What 05_mu_net takes of phantoms, which are fewer than the photographs."""


def blocks():
    """Page and commands, each as words, of every block of shell that the pages print."""
    for page in PAGES:
        text = (ROOT / page).read_text(encoding="utf-8")
        for block in re.findall(r"^```bash\n(.*?)^```", text, re.MULTILINE | re.DOTALL):
            lines = block.replace("\\\n", " ").splitlines()
            words = [shlex.split(line, comments=True) for line in lines]
            found = [w for w in words if w and w[0] not in ELSEWHERE]
            if found:
                yield pytest.param(found, id=f"{page}: {' '.join(found[0])[:60]}")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A clone with nothing trained, a home with the folders that the pages name; we stand in it."""
    home, clone = tmp_path_factory.mktemp("home"), tmp_path_factory.mktemp("clone")
    for name in ("notebooks", "params", "busutils", "course", "constraints.txt"):
        (clone / name).symlink_to(ROOT / name)
    (clone / "book" / "results").mkdir(parents=True)
    (clone / "book" / "reported").symlink_to(ROOT / "book" / "reported")
    shutil.copy(ROOT / "book" / "results" / "parity.csv", clone / "book" / "results")
    write_busi(home / "BUSI", n=60, size=96)
    (clone / "data").mkdir()
    (clone / "data" / "busi").symlink_to(home / "BUSI")
    write_isic(home / "ISIC2018", n=30, size=96)
    write_lgg(home / "LGG")
    for i in range(12):
        image, truth = own_images.pair(i)
        for folder, picture in {"images": image, "masks": truth}.items():
            (home / "mine" / folder).mkdir(parents=True, exist_ok=True)
            Image.fromarray(picture).save(home / "mine" / folder / f"{i}.png")
    for kind, text in PRINTED.items():
        (clone / f"FILE.{kind}").write_text(text, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.setenv("BUSUTILS_RUNS", str(clone / "runs"))
        patch.setenv("BUSUTILS_PUBLISHED", str(clone / "book" / "results"))
        patch.setenv("BUSUTILS_PHANTOMS", str(home / "BUSI"))
        patch.setattr(paths, "project", lambda: clone)
        patch.setattr(fetch, "fetch", lambda name, root, progress: root)
        patch.setattr(pages, "build", lambda quiet: "index.html")
        patch.setattr(course, "counts", lambda: SimpleNamespace(to_csv=lambda *of, **how: None))
        for module in (papermill, papermill.cli):
            patch.setattr(module, "execute_notebook", execute)
        patch.chdir(clone)
        with own_package.networks(clone / "models", patch) as models:
            guide = (ROOT / "book" / "extend.md").read_text(encoding="utf-8")
            code = re.search(r"```python\n(.*?)```", guide, re.DOTALL)[1]
            (models / "mine.py").write_text(own_package.kept(code), encoding="utf-8")
            yield patch


def execute(input_path, output_path, parameters, **_):
    """What papermill does, in this process; a paper's page on other images is only planned."""
    source = Path(input_path)
    own = parameters.get("dataset") == "pairs"
    if own or not execution.planned(source, parameters | WITHOUT_MIX):
        cells.run(source, parameters)
    Path(output_path).parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(input_path, output_path)


def typed(words, desk):
    """Type one command as a shell would, and return its exit code."""
    words = [w for w in words if not re.fullmatch(r"[A-Z_]+=\S*", w)]  # KERAS_BACKEND=jax
    words = [str(Path(w).expanduser()) if w.startswith("~") else w for w in words]
    words = [file for w in words for file in (_files(w) if "*" in w else [w])]
    words = [own_run(desk) if w == "RUN" else w for w in words]
    if words[0] == "papermill":
        return papermill.cli.papermill(words[1:], standalone_mode=False) or 0
    if words[0] == "scorecheck":
        return scorecheck.main(words[1:])
    assert words[:3] == ["python", "-m", "busutils"], words
    resolve = parameters.resolve
    small = dict(TINY) if "dataset=pairs" in words or "bundle" in words[3:4] else {}
    small |= WITHOUT_MIX if "--profile" in words else {}
    small |= FEW if "05_mu_net" in words else {}
    with desk.context() as shorter:
        shorter.setattr(parameters, "resolve", lambda *of: _cut(resolve(*of), small))
        return cli.main(words[3:])


def _forget_all_but_own():
    """Take away what an earlier block trained, or nothing would be left to bundle."""
    mine = {
        r.numbers["best"]["job"] for r in map(runs.Run, Path("runs/notebooks").glob("*-pairs-*"))
    }
    for folder in [Path("bundle"), *Path("runs/jobs").glob("*")]:
        if folder.name not in mine:
            shutil.rmtree(folder, ignore_errors=True)


def _files(pattern):
    return sorted(map(str, Path(pattern).parent.glob(Path(pattern).name)))


def _cut(values, small):
    return values | {name: value for name, value in small.items() if name in values}


def own_run(desk):
    """Name of the run on one's own images, made by the command of README.md if it was not yet."""
    made = sorted(f.name for f in (paths.store() / "notebooks").glob("01_unet_backbones-pairs-*"))
    if not made:
        words = next(w for p in blocks() for w in p.values[0] if "dataset=pairs" in w)
        assert typed(words, desk) == 0
        return own_run(desk)
    return made[0]


@pytest.mark.parametrize("commands", [*blocks()])
def test_what_is_printed_works_as_typed(commands, desk, capsys):
    if any("predict" in words for words in commands):
        shutil.rmtree("predictions", ignore_errors=True)
    if any("bundle" in words for words in commands):
        _forget_all_but_own()
    if any("course" in words for words in commands):
        shutil.rmtree("handout", ignore_errors=True)  # another page prints it too
    for words in commands:
        assert typed(words, desk) == 0, (words, capsys.readouterr().err)
    if any("predict" in words for words in commands):
        assert len(_files("predictions/*_mask.png")) == 12
    if any("publish" in words for words in commands):
        assert Path("book/papers/01_unet_backbones-pairs-quick.ipynb").exists()
    if any("merge" in words for words in commands):
        assert "1 jobs merged" in capsys.readouterr().out


def test_every_command_has_a_page():
    """A command that is printed nowhere is one that nobody finds."""
    told = {w[w.index("busutils") + 1] for p in blocks() for w in p.values[0] if "busutils" in w}
    wanted = {"run", "jobs", "bundle", "merge", "data", "predict", "compare", "publish"}
    assert told >= wanted | {"rebuild", "claims", "book", "course"}


def test_predict_says_how_to_get_weights_and_takes_any_image(desk, tmp_path, capsys):
    from busutils.data.files import read_image

    name = own_run(desk)
    job = runs.find(name).numbers["best"]["job"]
    (paths.store() / "jobs" / job / "model.weights.h5").unlink(missing_ok=True)
    table = paths.store() / "jobs" / job / "cases.csv.gz"
    before = table.read_bytes()
    picture = Image.fromarray(own_images.pair(3)[0]).resize((90, 50)).convert("RGB")
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    picture.save(tmp_path / "turned.jpg", exif=exif)
    picture.save(tmp_path / "plain.png")
    words = ["predict", name, str(tmp_path / "turned.jpg"), str(tmp_path / "plain.png")]
    words += ["--to", str(tmp_path / "out")]
    assert cli.main(words) == 2
    assert re.fullmatch(
        r"busutils: the weights of the best network of 01_\S+ were not kept: call again with "
        r"--train, .*\n",
        capsys.readouterr().err,
    )
    assert cli.main([*words, "--train", "--quiet"]) == 0
    assert table.read_bytes() == before
    for stem in ("turned.jpg", "plain.png"):
        masks = tmp_path / "out" / f"{Path(stem).stem}_mask.png"
        assert Image.open(masks).size[::-1] == read_image(tmp_path / stem).shape
    shutil.rmtree(tmp_path / "out")
    assert cli.main(words) == 0  # the weights are there now


def test_predict_without_a_run_says_so(desk, tmp_path, capsys):
    assert cli.main(["predict", "no such run", str(tmp_path / "a.png")]) == 2
    assert capsys.readouterr().err.count("\n") == 1
