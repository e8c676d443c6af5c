"""Figures hold the numbers they are given, in the one look."""

import re
from base64 import b64decode
from io import BytesIO
from xml.etree import ElementTree

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from bookcheck import plots
from busutils import figures
from busutils.compare import card
from busutils.errors import UserError
from busutils.figures import look, page

TABLE = pd.DataFrame(
    [
        ("A", "Dice", "0.70", 0.50, 0.45, 0.55, "re-run lower"),
        ("B", "Dice", "0.60", 0.80, 0.75, 0.85, "not comparable"),
        ("C", "Dice", "0.65", np.nan, np.nan, np.nan, "not re-run"),
        ("A", "Size", "20.1", 20.1, 20.1, 20.1, "compatible"),
    ],
    columns=["row", "column", "printed", "ours", "low", "high", "verdict"],
)
HISTORY = pd.DataFrame(
    {
        "job": ["a"] * 3 + ["b"] * 3 + ["c"] * 2,
        "epoch": [1, 2, 3, 1, 2, 3, 1, 2],
        "loss": [0.9, 0.6, 0.3, 0.7, 0.4, 0.1, 0.5, 0.2],
        "val_loss": [0.8, 0.5, 0.6, 0.6, 0.5, 0.4, 0.9, 0.7],
        "val_dice": [0.2, 0.5, 0.4, 0.4, 0.5, 0.6, 0.1, 0.3],
    }
)
COUNTS = pd.DataFrame(  # Dice of job a: 1/2 at 0.5, 1 at 0.9; of job b: 0 at 0.5, 1/2 at 0.9
    {
        "job": ["a", "a", "a", "a", "b", "b", "a"],
        "case": ["x", "y", "x", "y", "z", "z", "t"],
        "split": ["val"] * 6 + ["test"],
        "threshold": [0.5, 0.5, 0.9, 0.9, 0.5, 0.9, 0.5],
        "tp": [1, 0, 1, 1, 0, 1, 1],
        "fp": [0, 0, 0, 0, 0, 1, 0],
        "fn": [0, 1, 0, 0, 1, 1, 0],
        "tn": 10,
    }
)

LEVELS = pd.DataFrame(
    {"network": "Net", "kind": "noise", "level": [0, 0.1], "score": [0.9, 0.5]}
    | {"low": [0.8, 0.4], "high": [1.0, 0.6]}
)
COSTS = pd.DataFrame({"network": ["Net"], "seconds": 1, "Dice": 0.5, "low": 0.4, "high": 0.6})


def lines(axes, **wanted):
    """Lines of the axes with these properties, as (x, y) lists."""
    return [
        ([float(x) for x in line.get_xdata()], [float(y) for y in line.get_ydata()])
        for line in axes.get_lines()
        if all(getattr(line, f"get_{name}")() == value for name, value in wanted.items())
    ]


def all_figures():
    masks = np.zeros((3, 8, 8), bool)
    masks[:, 2:5, 2:5] = True
    images = np.full((3, 8, 8, 1), 90, np.uint8)
    return {
        "table": figures.printed_against_rerun(TABLE, trivial={"nothing": 0.0}, title="Finding"),
        "loss": figures.curves(HISTORY, {"Net": ["a", "b"]}),
        "threshold": figures.threshold_curves(COUNTS, {"Net": ["a", "b"]}, {"a": 0.5, "b": 0.9}),
        "cases": figures.cases_strip(images, masks, masks * 0.9, 0.5, ["k", "l", "m"]),
        "answers": figures.answers(images, masks, {"Net": masks}, ["k", "l", "m"]),
        "pairs": figures.before_and_after([(images[0, ..., 0], images[1, ..., 0])], ("a", "b")),
        "levels": figures.level_curves(LEVELS, {"noise": "share"}, "Dice", "Finding", "Net"),
        "cost": figures.against_cost(COSTS, ["seconds"], "Dice", "Finding"),
    }


@pytest.mark.parametrize(("name", "figure"), all_figures().items())
def test_one_look(name, figure):
    assert figure.get_size_inches()[0] <= 7
    assert figure.get_facecolor()[3] == 0
    texts = [t for t in figure.findobj(mpl.text.Text) if t.get_text()]
    assert {to_hex(t.get_color()) for t in texts} == {look.GREY}
    assert {t.get_fontsize() for t in texts} <= {8, 9, 10}
    assert all(axes.get_facecolor()[3] == 0 for axes in figure.axes)
    drawn = [x for x in figure.findobj(mpl.lines.Line2D) if x.get_linestyle() != "None"]
    colours = {to_hex(line.get_color()) for line in drawn}
    assert not colours & {"#000000", "#ffffff", "#1f77b4"}


LIGHT_PAGE, DARK_PAGE = "#ffffff", "#121212"  # of sphinx-book-theme


def contrast(colour, ground):
    """Contrast of two colours after WCAG 2."""

    def light(c):
        rgb = np.array(mpl.colors.to_rgb(c))
        parts = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return parts @ [0.2126, 0.7152, 0.0722]

    high, low = sorted([light(colour), light(ground)], reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_text_reads_on_a_light_and_on_a_dark_page():
    assert contrast("black", "white") == pytest.approx(21)
    assert contrast(look.GREY, LIGHT_PAGE) >= 4.5
    assert contrast(look.ON_DARK, DARK_PAGE) >= 4.5
    greys = [f"#{level:02x}{level:02x}{level:02x}" for level in range(256)]
    assert max(min(contrast(g, LIGHT_PAGE), contrast(g, DARK_PAGE)) for g in greys) < 4.5


def test_lines_read_on_a_light_and_on_a_dark_page():
    for colour in (look.OURS, *(colour for colour, _, _ in look.STYLES)):
        for ground in (LIGHT_PAGE, DARK_PAGE):
            assert contrast(colour, ground) >= 3, (colour, ground)


def test_words_of_verdicts_read():
    for word, colour in card.COLOURS.items():
        assert contrast("white", colour) >= 4.5, word


def test_the_grey_of_an_svg_follows_the_page():
    for figure in (all_figures()["table"], all_figures()["cases"]):
        text = b64decode(look.source(figure).partition(",")[2]).decode()
        head, _, body = text.partition("</style>")
        assert f":root{{--ink:{look.GREY}}}" in head
        assert f"(prefers-color-scheme: dark){{:root{{--ink:{look.ON_DARK}}}}}" in head
        assert "var(--ink)" in body
        assert look.GREY not in body


def test_no_state_is_left_behind():
    before = dict(mpl.rcParams)
    all_figures()
    assert dict(mpl.rcParams) == before


def test_printed_against_rerun_draws_each_row_sorted_by_ours():
    figure = figures.printed_against_rerun(TABLE, trivial={"everything": 0.17}, title="Finding")
    (axes,) = figure.axes
    assert [t.get_text() for t in axes.get_yticklabels()] == ["C", "A", "B"]
    assert lines(axes, marker="D", markerfacecolor="none") == [
        *(([0.65], [0]), ([0.70], [1]), ([0.60], [2]))
    ]
    assert lines(axes, marker="o", markerfacecolor=look.OURS) == [([0.5], [1])]
    assert lines(axes, marker="o", markerfacecolor="none") == [([0.8], [2])]
    intervals = [xy for xy in lines(axes, marker="None") if len(set(xy[0])) > 1]
    assert intervals == [([0.45, 0.55], [1, 1]), ([0.75, 0.85], [2, 2])]
    assert ([0.17, 0.17], [0, 1]) in lines(axes)
    assert [t.get_text() for t in axes.texts] == ["not re-run", "re-run lower", "not comparable"]
    assert legend_of(figure) == [
        *("printed", "ours, 95 % interval", "not comparable or not converged", "everything 0.17")
    ]
    assert figure.get_suptitle() == "Finding"


def legend_of(figure):
    (legend,) = figure.legends
    return [text.get_text() for text in legend.get_texts()]


def test_a_verdict_of_all_rows_is_told_once():
    figure = figures.printed_against_rerun(TABLE.assign(verdict="not comparable"))
    assert not any(text.get_text() for text in figure.axes[0].texts)
    assert legend_of(figure) == ["printed", "ours, 95 % interval (all not comparable)"]


def test_a_row_that_the_paper_does_not_print_has_no_diamond():
    (axes,) = figures.printed_against_rerun(TABLE.assign(printed=["", "0.60", "0.65", ""])).axes
    assert [x for (x,), _ in lines(axes, marker="D")] == [0.65, 0.60]


def test_no_score_goes_past_its_ends():
    wide = TABLE.assign(low=-0.2, high=1.3)
    (axes,) = figures.printed_against_rerun(wide).axes
    assert [x for x, _ in lines(axes, marker="None")] == [[0, 1], [0, 1]]
    rows = pd.DataFrame({"name": ["a"], "value": [0.9], "low": [0.7], "high": [1.1]})
    (axes,) = figures.intervals(rows, "accuracy").axes
    assert lines(axes, marker="None")[0][0] == [0.7, 1]
    figure = figures.against_cost(COSTS.assign(low=-1, high=2), ["seconds"], "Dice")
    assert figure.axes[0].get_ylim() == (0, 1)


def test_upright_lines_are_told_apart_and_named_with_their_value():
    lines_of = {"two masks of one frame": 0.84, "nothing": -0.0, "everything": 0.17}
    figure = figures.printed_against_rerun(TABLE, trivial=lines_of)
    named = ["nothing 0.00", "everything 0.17", "two masks of one frame 0.84"]
    assert legend_of(figure)[-3:] == named
    styles = [line.get_linestyle() for line in figure.axes[0].get_lines() if line.get_lw() == 1]
    assert len(set(styles)) == 3
    per_cent = figures.printed_against_rerun(TABLE, trivial={"all": 17.4}, ends=(0, 100))
    assert legend_of(per_cent)[-1] == "all 17"


def test_an_unknown_column_is_refused():
    with pytest.raises(UserError, match="Dice, Size"):
        figures.printed_against_rerun(TABLE, "Dize")


def test_curves_of_two_rows_share_a_plot_training_dashed():
    figure = figures.curves(HISTORY, {"Net": ["a", "b"], "Other": ["c"]})
    (axes,) = figure.axes
    ours, other, _ = (colour for colour, _, _ in look.STYLES[:3])
    assert lines(axes, linestyle="-", linewidth=0.7, color=ours) == [
        *(([1, 2, 3], [0.8, 0.5, 0.6]), ([1, 2, 3], [0.6, 0.5, 0.4]))
    ]
    [(x, mean)] = lines(axes, linestyle="-", linewidth=2.0, color=ours)
    assert (x, mean) == ([1, 2, 3], pytest.approx([0.7, 0.5, 0.5]))
    [(_, training)] = lines(axes, linestyle="--", linewidth=1.2, color=ours)
    assert training == pytest.approx([0.8, 0.5, 0.2])
    marked = {line.get_color() for line in axes.get_lines() if line.get_marker() == "o"}
    assert lines(axes, marker="o") == [([2, 3], [0.5, 0.4]), ([2], [0.7])]
    assert len(marked) == 2
    assert lines(axes, linestyle="-", linewidth=2.0, color=other) == [([1, 2], [0.9, 0.7])]
    names = ["Net", "Other", "validation", "training", "thin: each training", "chosen epoch"]
    assert legend_of(figure) == names


def test_a_training_that_ended_keeps_its_last_value_in_the_mean():
    (axes,) = figures.curves(HISTORY, {"Net": ["a", "c"]}).axes
    [(x, mean)] = lines(axes, linestyle="-", linewidth=2.0)
    assert (x, mean) == ([1, 2, 3], pytest.approx([0.85, 0.6, 0.65]))
    assert ([1, 2], [0.9, 0.7]) in [(x[:2], y[:2]) for x, y in lines(axes, linewidth=0.7)]


def test_curves_without_a_finding_say_what_they_are():
    figure = figures.curves(HISTORY, {"Net": ["a"]})
    assert figure.get_suptitle() == "Loss, by epoch"
    figure = figures.threshold_curves(COUNTS, {"Net": ["a"]}, {"a": 0.5})
    assert figure.get_suptitle() == "Dice, mean over cases, by threshold"


def test_dice_curves_mark_the_epoch_they_are_told():
    (axes,) = figures.curves(HISTORY, {"Net": ["a"]}, "dice", chosen={"a": 3}).axes
    assert lines(axes, marker="o") == [([3], [0.4])]
    assert lines(axes, linestyle="--") == []
    with pytest.raises(UserError, match="job z"):
        figures.curves(HISTORY, {"Net": ["z"]})


def test_many_rows_have_training_left_and_validation_right_on_one_scale():
    names = [f"Net {i}" for i in range(11)]
    figure = figures.curves(HISTORY, {name: ["a"] for name in names})
    training, validation = figure.axes
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["training", "validation"]
    assert {tuple(y) for _, y in lines(training)} == {(0.9, 0.6, 0.3)}
    assert {tuple(y) for _, y in lines(validation, linewidth=2.0)} == {(0.8, 0.5, 0.6)}
    assert training.get_shared_y_axes().joined(training, validation)
    drawn = [line for line in validation.get_lines() if line.get_linewidth() == 2.0]
    assert len({(line.get_color(), line.get_linestyle()) for line in drawn}) == 11
    assert legend_of(figure) == [*names, "chosen epoch"]


def test_threshold_curves_are_means_over_cases_of_one_split():
    chosen = {"a": 0.5, "b": 0.9}
    (axes,) = figures.threshold_curves(COUNTS, {"Net": ["a", "b"]}, chosen).axes
    assert lines(axes, linewidth=0.7) == [([0.5, 0.9], [0.5, 1.0]), ([0.5, 0.9], [0.0, 0.5])]
    assert lines(axes, linewidth=2.0) == [([0.5, 0.9], [0.25, 0.75])]
    assert lines(axes, marker="o") == [([0.5, 0.9], [0.5, 0.5])]


# --- cases


def test_cases_are_chosen_by_rank():
    scores = np.array([0.5, 0.9, 0.1, 0.7, 0.3])
    assert figures.by_rank(scores) == [2, 0, 1]
    assert figures.by_rank(scores, [0, 0.25, 1]) == [2, 4, 1]
    assert figures.by_rank(np.array([0.4]), [0, 1]) == [0, 0]
    for scores, ranks in [(np.array([]), [0]), (np.ones(3), [2])]:
        with pytest.raises(UserError, match="ranks"):
            figures.by_rank(scores, ranks)


def test_a_strip_shows_image_truth_prediction_difference_worst_first():
    truths = np.zeros((3, 8, 8), bool)
    truths[:, 2:6, 2:6] = True
    probabilities = np.zeros((3, 8, 8))
    probabilities[0, 2:6, 2:6] = 0.6  # best: the truth
    probabilities[1, 2:6, 4:8] = 0.6  # median: half of it
    images = np.arange(3 * 64, dtype=np.uint8).reshape(3, 8, 8)
    figure = figures.cases_strip(images, truths, probabilities, 0.6, ["a", "b", "c"])
    grid = np.array(figure.axes).reshape(3, 4)
    labels = [axes.get_xlabel() for axes in grid[:, 0]]
    assert labels == ["worst: Dice 0.00\nc", "median: Dice 0.50\nb", "best: Dice 1.00\na"]
    assert [axes.get_title(loc="left") for axes in grid[0]] == [
        *("image", "truth", "prediction", "difference")
    ]
    assert np.array_equal(grid[1, 2].images[0].get_array(), images[1])

    def outlined(axes):
        return {to_hex(c.get_edgecolor()[0]).upper() for c in axes.collections}

    colour = figures.COLOURS
    assert outlined(grid[1, 0]) == set()
    assert outlined(grid[1, 1]) == {colour["truth"]}
    assert outlined(grid[1, 2]) == {colour["prediction"]}
    assert outlined(grid[1, 3]) == {colour["missed"], colour["false"]}
    assert outlined(grid[0, 2]) == set()  # nothing was predicted
    assert outlined(grid[2, 3]) == set()  # nothing was wrong
    missed = grid[1, 3].collections[0].get_paths()[0].vertices
    assert (missed[:, 0].min(), missed[:, 0].max()) == (1.5, 3.5)


def test_arrays_of_different_cases_are_refused():
    three, two = np.zeros((3, 8, 8)), np.zeros((2, 8, 8))
    with pytest.raises(UserError, match="same cases"):
        figures.cases_strip(three, three, two, 0.5, ["a", "b", "c"])
    with pytest.raises(UserError, match="same cases"):
        figures.cases_strip(three, three, three, 0.5, ["a"])


# --- words, and HTML


def test_caption_and_alternative_text():
    made = figures.caption("Dice of ten rows.", 567, "cpu", "r1", "BUSI, CC BY 4.0")
    assert made == "Dice of ten rows. n = 567 cases; profile cpu; run r1. BUSI, CC BY 4.0."
    assert figures.alternative_text(TABLE, "Dice") == (
        "Dice, printed against re-run, best first. "
        "B: printed 0.60, ours 0.800 (0.750 to 0.850), not comparable; "
        "A: printed 0.70, ours 0.500 (0.450 to 0.550), re-run lower; C: printed 0.65, not re-run."
    )
    with pytest.raises(UserError, match="'Loss'"):
        figures.alternative_text(TABLE, "Loss")


def embedded(html):
    """Parts of an embedded figure: alternative text, addresses of its pictures, caption."""
    root = ElementTree.fromstring(re.sub("(<(?:img|source) [^>]*)>", r"\1/>", html))
    image, narrow = root.find(".//img"), root.find(".//source")
    addresses = [image.get("src"), *([narrow.get("srcset")] if narrow is not None else [])]
    return image.get("alt"), addresses, root.findtext("figcaption")


def svg(address):
    kind, _, data = address.partition(";base64,")
    assert kind == "data:image/svg+xml"
    return ElementTree.fromstring(b64decode(data))


def width(root):
    return float(root.get("width").removesuffix("pt")) / 72


def test_a_figure_becomes_svg_with_alternative_text_the_same_each_time():
    figure = all_figures()["table"]
    alt, addresses, caption = embedded(figures.embed(figure, 'A\'s "Dice" < B', "n < 5"))
    assert (alt, caption) == ('A\'s "Dice" < B', "n < 5")
    assert [width(svg(address)) for address in addresses] == pytest.approx([7, page.PHONE])
    assert embedded(figures.embed(all_figures()["table"], "x"))[1] == addresses


def saved(html):
    """The table that a figure's link saves, and the name of its file."""
    link = ElementTree.fromstring(re.sub("(<(?:img|source) [^>]*)>", r"\1/>", html)).find(".//a")
    kind, _, data = link.get("href").partition(";base64,")
    assert kind == "data:text/csv"
    return pd.read_csv(BytesIO(b64decode(data))), link.get("download")


def test_what_is_drawn_is_saved_in_one_click():
    figure = all_figures()["table"]
    table, name = saved(figures.embed(figure, "x", "n < 5", figures.download(figure.data, "a<b")))
    assert name == "a<b.csv"
    assert table["row"].tolist() == ["B", "A", "C", "nothing"]  # as drawn, from the top
    assert table["ours"].fillna(-1).tolist() == [0.8, 0.5, -1, 0.0]
    assert table["kind"].tolist() == ["row"] * 3 + ["without training"]
    marks = lines(figure.axes[0], marker="o")
    assert {x for (x,), _ in marks} == {0.8, 0.5}


@pytest.mark.parametrize(("name", "figure"), all_figures().items())
def test_each_figure_keeps_what_it_draws(name, figure):
    if name == "pairs":  # pictures alone
        assert figure.data is None
    else:
        assert len(figure.data) and figure.data.columns.is_unique


def test_what_is_kept_is_what_was_given():
    masks = np.zeros((2, 8, 8), bool)
    masks[:, 2:4, 2:4] = True
    answers = masks.copy()
    answers[1, 2, 2:4] = False  # Dice 2 * 2 / (4 + 2)
    images = np.zeros((2, 8, 8))
    two = figures.gallery(images, masks, answers, ["a", "b"]).data
    assert two.to_dict("list") == {"case": ["a", "b"], "Dice": [1.0, pytest.approx(2 / 3)]}

    share = figures.profiles({"Net": np.array([0.2, 0.6])}, "Dice").data.set_index("score")["Net"]
    assert share.loc[[0.0, 0.2, 0.5, 1.0]].tolist() == [1.0, 1.0, 0.5, 0.0]

    rows = pd.DataFrame({"name": ["x"], "value": [0.5], "low": [0.4], "high": [0.7]})
    kept = figures.intervals(rows, "Dice", trivial={"nothing": 0.1}).data
    assert kept["kind"].tolist() == ["row", "without training"]
    assert kept[["name", "value"]].to_numpy().tolist() == [["x", 0.5], ["nothing", 0.1]]

    drawn = {"draws": np.array([0.1, 0.3])}
    kept = figures.against_random(drawn, {"ours": 0.2}, {"printed": (0.5, 0.6)}, "Dice").data
    assert kept.fillna(-1).to_numpy().tolist() == [
        *(["draws", 0.1, -1, -1], ["draws", 0.3, -1, -1], ["ours", 0.2, -1, -1]),
        ["printed", -1, 0.5, 0.6],
    ]

    truth, p = np.array([True, False]), np.array([0.9, 0.1])
    areas = {"ROC": "1.00", "precision-recall": "1.00"}
    roc = figures.classification_curves(truth, p, areas).data.query("curve == 'ROC'")
    points = set(zip(roc["specificity"], roc["sensitivity"], strict=True))
    assert points == {(1.0, 0.0), (1.0, 1.0), (0.0, 1.0)}

    counts = pd.DataFrame({"paper": ["paper 1"], "kind": ["a"], "answer": ["fits"], "n": [2]})
    assert plots.overview(counts).data is counts


def test_a_curve_keeps_its_points_and_the_marked_one():
    figure = all_figures()["loss"]
    of_b = figure.data[figure.data["job"] == "b"]
    assert ([*of_b["epoch"]], [*of_b["val_loss"]]) in lines(figure.axes[0])
    (marks,) = lines(figure.axes[0], marker="o")
    marked = figure.data.query("marked")
    assert ([*marked["epoch"]], [*marked["val_loss"]]) == marks
    assert set(figure.data["row"]) == {"Net"} and "c" not in set(figure.data["job"])


def test_pictures_are_drawn_once_and_scroll():
    html = figures.embed(all_figures()["cases"], "x")
    assert len(embedded(html)[1]) == 1
    assert "<div style='overflow-x:auto'><img" in html


def test_what_has_no_room_for_its_words_on_a_phone_scrolls():
    figure, ((axes,),) = look.new_figure(2)
    axes.set_xticks(range(6), ["a name of a kind"] * 6)
    assert len(embedded(figures.embed(figure, "x"))[1]) == 1
    axes.set_xticks(range(6), list("abcdef"))
    assert len(embedded(figures.embed(figure, "x"))[1]) == 2


def test_a_large_figure_has_pixels_below_its_text(monkeypatch):
    monkeypatch.setattr(look, "LARGEST_SVG", 1000)
    figure = all_figures()["loss"]
    root = svg(look.source(figure))
    (image,) = (part for part in root.iter() if part.tag.endswith("image"))
    kind, _, data = image.get("href").partition(";base64,")
    assert kind == "data:image/webp"
    assert Image.open(BytesIO(b64decode(data))).convert("RGBA").getpixel((0, 0))[3] == 0
    assert "epoch" in {part.text for part in root.iter() if part.tag.endswith("text")}
    assert all(line.get_visible() for line in figure.axes[0].get_lines())  # left as it was


# --- a phone


def boxes(figure, parts):
    figure.canvas.draw()
    return [part.get_window_extent() for part in parts if part.get_visible()]


@pytest.mark.parametrize("name", ["table", "loss", "threshold", "levels", "cost"])
def test_a_figure_for_a_phone_holds_its_text(name):
    figure = all_figures()[name]
    narrow = page.for_phone(figure)
    assert narrow.get_size_inches()[0] == page.PHONE
    narrow.canvas.draw()
    ink = narrow.get_tightbbox()  # inches, of all that is drawn
    assert ink.x0 >= -0.02
    assert ink.x1 <= page.PHONE + 0.02
    texts = [t for t in narrow.findobj(mpl.text.Text) if t.get_text()]
    assert {t.get_fontsize() for t in texts} <= {8, 9, 10}
    assert figure.get_size_inches()[0] == 7


def test_a_phone_shows_half_as_many_panels_side_by_side_as_high_as_before():
    figure = figures.curves(HISTORY, {f"Net {i}": ["a"] for i in range(7)}, title="A finding " * 9)
    narrow = page.for_phone(figure)
    before, after = boxes(figure, figure.axes), boxes(narrow, narrow.axes)
    assert before[0].y0 == pytest.approx(before[1].y0)
    assert after[0].y0 > after[1].y1
    assert after[0].x0 == pytest.approx(after[1].x0)
    assert after[0].height == pytest.approx(before[0].height * narrow.dpi / figure.dpi, rel=0.05)
    assert narrow.get_suptitle().count("\n") >= 1
    assert [axes.get_ylabel() for axes in narrow.axes] == ["loss", "loss"]


def test_a_legend_of_many_rows_takes_nothing_of_the_panel_on_a_phone():
    rows = {f"U-Net, whole {i}": ["a"] for i in range(14)}
    figure = figures.curves(HISTORY, rows, title="A finding")
    for wide in (figure, figures.profiles({name: np.linspace(0, 1, 9) for name in rows}, "Dice")):
        narrow = page.for_phone(wide)
        before, after = boxes(wide, wide.axes)[0], boxes(narrow, narrow.axes)[0]
        assert after.height == pytest.approx(before.height * narrow.dpi / wide.dpi, rel=0.05)


def test_on_a_phone_a_verdict_stands_below_the_name_of_its_row():
    narrow = page.for_phone(all_figures()["table"])
    names = [label.get_text() for label in narrow.axes[0].get_yticklabels()]
    assert names == ["C\nnot re-run", "A\nre-run lower", "B\nnot comparable"]
    assert list(narrow.axes[0].texts) == []


def test_random_draws_stand_behind_lines_and_bands():
    figure = figures.against_random(
        {"random fifths": np.linspace(0.04, 0.1, 50)},
        {"last fifth": 0.02, "by number": 0.03},
        {"needed": (0.017, 0.018)},
        "share",
        "Finding",
    )
    (axes,) = figure.axes
    assert sum(p.get_height() for p in axes.patches[:40]) == 50
    assert [xs for xs, _ in lines(axes)] == [[0.02, 0.02], [0.03, 0.03]]
    assert axes.get_xlim()[0] == 0
    assert (axes.get_xlabel(), figure.get_suptitle()) == ("share", "Finding")


def test_intervals_are_drawn_from_the_top():
    rows = pd.DataFrame(
        {"name": ["a", "b"], "value": [0.5, 0.9], "low": [0.4, 0.8], "high": [0.6, 1.0]}
    )
    (axes,) = figures.intervals(rows, "accuracy").axes
    assert [t.get_text() for t in axes.get_yticklabels()] == ["b", "a"]
    assert lines(axes, marker="o") == [([0.9], [0]), ([0.5], [1])]


def test_intervals_stand_beside_answers_without_training():
    rows = pd.DataFrame({"name": ["a"], "value": [0.5], "low": [0.4], "high": [0.6]})
    figure = figures.intervals(rows, "Dice", trivial={"two masks": 0.84, "everything": 0.17})
    assert legend_of(figure) == ["everything 0.17", "two masks 0.84"]
    upright = [line for line in figure.axes[0].get_lines() if line.get_lw() == 1]
    assert [line.get_xdata()[0] for line in upright] == [0.17, 0.84]


def test_margins_are_the_ticks_and_a_row_may_lack_a_value_or_an_interval():
    rows = pd.DataFrame({"name": ["bar", "dot"], "value": [np.nan, 0.04]})
    rows = rows.assign(low=[0, np.nan], high=[0.08, np.nan])
    figure = figures.intervals(rows, "difference", ends=(0, 0.12), margins=[0.02, 0.1])
    (axes,) = figure.axes
    assert axes.get_xticks().tolist() == [0.02, 0.1]
    assert [t.get_text() for t in axes.get_xticklabels()] == ["0.02", "0.10"]
    thin = [line.get_xdata()[0] for line in axes.get_lines() if line.get_lw() == 0.6]
    assert thin == [0.02, 0.1]
    assert ([0, 0.08], [1, 1]) in lines(axes, marker="None")
    assert ([0.04], [0]) in lines(axes, marker="o")


def test_a_profile_falls_at_each_score():
    figure = figures.profiles({"a": [0.2, 0.2, 0.6, 1.0], "b": [0.0]}, "Dice", "Finding")
    (axes,) = figure.axes
    first, second = axes.get_lines()
    at = dict(zip(np.round(first.get_xdata(), 3), first.get_ydata(), strict=True))
    assert [at[x] for x in (0.0, 0.2, 0.205, 0.6, 0.605, 1.0)] == [1, 1, 0.5, 0.5, 0.25, 0.25]
    assert second.get_ydata()[0] == 1 and not second.get_ydata()[1:].any()
    assert legend_of(figure) == ["a", "b"]


def test_classification_curves_end_in_the_corners():
    truth = np.array([True, True, False, False])
    told = {"ROC": "0.75", "precision-recall": "0.83"}
    roc, recall = figures.classification_curves(truth, np.array([0.9, 0.3, 0.5, 0.1]), told).axes
    (x, y), _ = lines(roc)
    assert ((x[0], y[0]), (x[-1], y[-1])) == ((0, 0), (1, 1))
    assert np.trapezoid(y, x) == pytest.approx(0.75)
    assert recall.get_title(loc="left") == "precision-recall: area 0.83"


def test_heat_strip_shows_every_map_and_refuses_what_does_not_belong_together():
    rng = np.random.default_rng(0)
    images, heat = rng.integers(0, 256, (2, 8, 8)), rng.random((2, 8, 8))
    truths = heat > 0.5
    figure = figures.heat_strip(images, truths, heat, heat, ["a", "b"], "T", rng.random((2, 4, 4)))
    assert len(figure.axes) == 10
    scales = [axes.child_axes for axes in figure.axes]
    assert [len(of) for of in scales] == [0] * 7 + [1] * 3
    named = [of[0].get_xlabel() for of in scales[7:]]
    assert named == ["probability", "weight", "coefficient"]
    heads = [axes.get_title(loc="left") for axes in figure.axes[:5]]
    assert heads == ["image", "mask", "prediction", "Grad-CAM", "attention"]
    np.testing.assert_array_equal(figure.axes[3].images[1].get_array(), heat[0])
    with pytest.raises(UserError, match="same cases"):
        figures.heat_strip(images, truths, heat, heat[:1], ["a", "b"])


def test_a_film_has_a_picture_an_epoch_and_needs_no_network():
    frames = np.zeros((3, 2, 8, 8), np.uint8)
    html = figures.film(np.zeros((8, 8)), np.eye(8) > 0, frames, "case <1>", "One case.")
    assert html.count("<img ") == 3
    assert html.count("display:none") == 2  # the first epoch is shown
    assert "max='3'" in html
    assert "case &lt;1&gt; after epoch 2" in html
    assert "http" not in html


def test_level_curves_have_a_panel_a_kind_and_a_line_a_network():
    rows = [
        (network, kind, level, 0.9 - 0.1 * step - low, 0.0, 1.0)
        for network, low in (("ours", 0), ("theirs", 0.2))
        for kind, levels in (("noise", (0, 0.1)), ("contrast", (1, 0.5, 0.2)))
        for step, level in enumerate(levels)
    ]
    table = pd.DataFrame(rows, columns=["network", "kind", "level", "score", "low", "high"])
    units = {"noise": "standard deviation, share of the grey scale", "contrast": "factor"}
    figure = figures.level_curves(table, units, "Dice", first="ours")
    noise, contrast = figure.axes
    assert [ys for _, ys in lines(noise)] == [
        pytest.approx([0.9, 0.8]),
        pytest.approx([0.7, 0.6]),
    ]
    assert [label.get_text() for label in contrast.get_xticklabels()] == ["1", "0.5", "0.2"]
    assert noise.get_xlabel() == "standard deviation,\nshare of the grey scale"
    assert len(noise.collections) == 1  # the band of the first network alone
    (legend,) = figure.legends
    assert [text.get_text() for text in legend.get_texts()] == ["ours", "theirs"]


def test_costs_that_were_not_measured_have_no_panel():
    table = pd.DataFrame(
        {"network": ["a", "b"], "seconds": [0.1, 0.4], "memory": [np.nan, np.nan]}
        | {"Dice": [0.8, 0.6], "low": [0.7, 0.5], "high": [0.9, 0.7]}
    )
    figure = figures.against_cost(table, ["seconds", "memory"], "Dice")
    shown = [axes for axes in figure.axes if axes.get_visible()]
    assert [axes.get_xlabel() for axes in shown] == ["seconds"]
    assert shown[0].get_xscale() == "log"
    dots = [line for line in shown[0].get_lines() if line.get_marker() in "os"]
    assert [(line.get_xdata()[0], line.get_ydata()[0]) for line in dots] == [(0.1, 0.8), (0.4, 0.6)]


@pytest.mark.parametrize("n", [1, 6, 7, 15])
def test_any_number_of_networks_is_drawn_and_each_looks_its_own(n):
    names = [f"net {i}" for i in range(n)]
    levels = pd.concat([LEVELS.assign(network=name) for name in names])
    costs = pd.concat([COSTS.assign(network=name, seconds=i + 1) for i, name in enumerate(names)])
    for figure in (
        figures.level_curves(levels, {"noise": "share"}, "Dice"),
        figures.against_cost(costs, ["seconds"], "Dice"),
    ):
        (axes,), (legend,) = figure.axes, figure.legends
        assert [text.get_text() for text in legend.get_texts()] == names
        drawn = [line for line in axes.get_lines() if line.get_marker() in "os^vDx"]
        assert len({(line.get_color(), line.get_marker()) for line in drawn}) == n
    lines_of = {name: i / n for i, name in enumerate(names)}
    figure = figures.against_random({}, lines_of, {}, "share")
    assert len(figure.axes[0].get_lines()) == n


def test_answers_stand_beside_each_other_with_their_dice():
    truths = np.zeros((2, 8, 8), bool)
    truths[:, 2:6, 2:6] = True
    half = truths.copy()
    half[:, 4:] = False  # 8 of 16 pixels: Dice 2/3
    colours = np.full((2, 8, 8, 3), 90, np.uint8)
    answers = {"all of it": truths, "half of it": half}
    figure = figures.answers(colours, truths, answers, ["one", "two"])
    assert [axes.get_xlabel() for axes in figure.axes[:3]] == ["\none", "Dice 1.00", "Dice 0.67"]
    assert figure.axes[0].images[0].get_array().shape == (8, 8, 3)
    with pytest.raises(UserError, match="belong to the same cases"):
        figures.answers(colours, truths, {"half": half[:, :4]}, ["one", "two"])


def test_before_stands_above_after():
    dark, bright = np.zeros((8, 8)), np.full((8, 8), 300.0)
    mask = np.zeros((8, 8), bool)
    mask[2:5, 2:5] = True
    pair = [(dark, bright)]
    figure = figures.before_and_after(pair, ("before", "after"), [(mask, mask)])
    above, below = figure.axes[0], figure.axes[4]
    assert (above.get_ylabel(), below.get_ylabel()) == ("before", "after")
    assert above.images[0].get_array().max() == 0
    assert below.images[0].get_array().max() == 255


def test_a_strip_takes_colours():
    masks = np.zeros((1, 8, 8), bool)
    masks[0, 2:5, 2:5] = True
    colours = np.full((1, 8, 8, 3), 120, np.uint8)
    figure = figures.cases_strip(colours, masks, masks.astype(float), 0.5, ["one"], (1,))
    assert figure.axes[0].images[0].get_array().shape == (8, 8, 3)


def test_a_figure_of_nothing_is_refused():
    empty = pd.DataFrame({"kind": [], "network": [], "level": [], "score": []})
    for draw in (
        lambda: figures.curves(pd.DataFrame(), {}),
        lambda: figures.level_curves(empty, {}, "Dice"),
    ):
        with pytest.raises(UserError, match="there is nothing to draw"):
            draw()
    with pytest.raises(UserError, match="needs cases of both classes"):
        figures.classification_curves(np.ones(3, bool), np.full(3, 0.5), {})


def test_no_network_of_seven_is_left_out_or_looks_like_another():
    rows = [(f"n{i}", "blur", level, 0.5, 0.4, 0.6) for i in range(7) for level in (0, 1)]
    table = pd.DataFrame(rows, columns=["network", "kind", "level", "score", "low", "high"])
    lines = figures.level_curves(table, {"blur": "px"}, "Dice").axes[0].lines
    assert len({(line.get_color(), line.get_marker(), line.get_linestyle()) for line in lines}) == 7


def test_a_gallery_shows_each_case_with_its_dice():
    truths = np.zeros((7, 8, 8), bool)
    truths[:, 2:4, 2:4] = True
    found = truths.copy()
    found[1] = False
    names = [f"case {i}" for i in range(7)]
    drawn = figures.gallery(np.zeros((7, 8, 8)), truths, found, names)
    shown = [axes for axes in drawn.axes if axes.get_visible()]
    assert [axes.get_xlabel() for axes in shown[:2]] == ["Dice 1.00\ncase 0", "Dice 0.00\ncase 1"]
    assert len(shown) == 7
    with pytest.raises(UserError, match="do not belong to the same cases"):
        figures.gallery(np.zeros((7, 8, 8)), truths[:6], found, names)
