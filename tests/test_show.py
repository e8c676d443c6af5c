"""What a page shows: code as it stands, a network's stages, tables that a person reads."""

import numpy as np
import pandas as pd

from busutils import models, show


def halve(x):
    """Halve."""
    return x / 2


def test_code_is_shown_as_it_stands():
    assert (
        show.source(halve).data
        == '```python\ndef halve(x):\n    """Halve."""\n    return x / 2\n```'
    )


def test_a_module_is_shown_from_below_its_imports():
    from busutils.models import plain_unet

    code = show.source(plain_unet).data.splitlines()
    assert code[1].startswith('@register("plain_unet"')
    assert not [line for line in code if line.startswith(("import", "from"))]
    assert code[-2] == '    return keras.Model(inputs, mask(x), name="plain_unet")'


def test_stages_of_a_small_network():
    model = models.outline("plain_unet", size=8, channels=1, filters=2, depth=2)
    told = show.stages(model).set_index(["part", "output"])
    # 3x3 kernels without bias, four numbers of batch norm a channel
    first = 9 * 1 * 2 + 4 * 2 + 9 * 2 * 2 + 4 * 2
    low = 9 * 2 * 4 + 4 * 4 + 9 * 4 * 4 + 4 * 4
    last = (4 * 4 * 2 + 2) + 9 * 4 * 2 + 4 * 2 + 9 * 2 * 2 + 4 * 2 + (2 + 1)
    assert told["parameters"].to_dict() == {
        ("down", "8 × 8 × 2"): first,
        ("down", "4 × 4 × 4"): low,
        ("up", "8 × 8 × 2"): last,
    }
    assert told["parameters"].sum() == model.count_params()
    assert told["layers"].sum() == len(model.layers)


def test_a_head_without_height_is_a_stage_of_its_own():
    told = show.stages(models.outline("multitask_unet", size=16))
    assert told["part"].tolist()[-1] == "head"
    assert (told["part"] == "head").sum() == 1


def test_numbers_of_a_table():
    table = pd.DataFrame(
        {
            "row": ["a", "b", "c"],
            "Dice": [0.666, -0.0001, np.nan],
            "low": [0.5, -0.1, np.nan],
            "high": [0.75, 0.1, np.nan],
            "from": [-1.0, 2, 3],
            "to": [0.5, 3, 4],
            "pixels": [1234, 5, 6],
            "flat": [True, False, True],
        }
    )
    lines = show.table(table).to_string(delimiter=" | ").strip().splitlines()
    assert lines == [
        "row | Dice | 95 % interval | 95 % interval of it | pixels | flat",
        "a | 0.67 | 0.50–0.75 | −1.00 to 0.50 | 1\u202f234 | yes",
        "b | −0.0001 | −0.10 to 0.10 | 2.00–3.00 | 5 | no",
        "c | – | – | 3.00–4.00 | 6 | yes",
    ]
    assert list(table) == ["row", "Dice", "low", "high", "from", "to", "pixels", "flat"]


def test_what_every_row_says_is_told_once():
    table = pd.DataFrame({"row": ["a", "b", "c"], "n": [7, 7, 7], "x": [1, 2, 3], "none": np.nan})
    style = show.table(table)
    assert style.to_string(delimiter=" ").split() == ["row", "x", "a", "1", "b", "2", "c", "3"]
    assert "<caption>In every row: n 7.</caption>" in style.to_html()
