"""Roles, numbers and groups of a split."""

import numpy as np
import pandas as pd
import pytest

from busutils.data import splits
from busutils.data.busi import COUNTS
from busutils.errors import UserError


@pytest.fixture
def cases():
    """60 benign, 40 malignant, 20 normal; every fourth case shows the frame of the one before."""
    labels = ["benign"] * 60 + ["malignant"] * 40 + ["normal"] * 20
    names = [f"{label} ({i})" for i, label in enumerate(labels)]
    groups = [names[i - 1] if i % 4 == 3 else names[i] for i in range(120)]
    groups[100] = names[0]  # a normal image shows the frame of a lesion
    masks = np.where(np.arange(120) == 5, 2, 1)
    return pd.DataFrame({"case": names, "label": labels, "group": groups, "n_masks": masks})


PROTOCOL = splits.Protocol(test={"benign": 6, "malignant": 4})


def test_numbers_are_as_asked(cases):
    mix = splits.mix(splits.split(cases, PROTOCOL, 1))
    assert mix.loc["test"].to_dict() == {"benign": 6, "malignant": 4, "normal": 0}
    assert mix.loc["normal", "normal"] == 19  # one shows the frame of a lesion
    assert mix.loc["unused", "benign"] == 1  # several masks
    assert mix.loc[["train", "val"]].to_numpy().sum() == 100 - 1 - 10


def test_no_group_is_divided(cases):
    for fold in range(1, 6):
        assert splits.divided(splits.split(cases, PROTOCOL, fold)).empty


def test_random_split_divides_groups(cases):
    protocol = splits.Protocol(test=PROTOCOL.test, grouped=False)
    table = splits.split(cases, protocol, 1)
    assert len(splits.divided(table)) > 0
    assert (table["role"] == "normal").sum() == 20


def test_folds_cover_the_pool_once(cases):
    tables = [splits.split(cases, PROTOCOL, fold).set_index("case")["role"] for fold in range(1, 6)]
    tests = [set(t.index[t == "test"]) for t in tables]
    assert all(test == tests[0] for test in tests)
    validated = pd.concat([t[t == "val"] for t in tables])
    assert validated.index.is_unique
    assert set(validated.index) | tests[0] == set(cases["case"][:100]) - {"benign (5)"}


def test_several_masks_can_stay(cases):
    protocol = splits.Protocol(test=PROTOCOL.test, several_masks=True)
    assert splits.mix(splits.split(cases, protocol, 1)).loc["unused", "benign"] == 0


def test_same_seed_same_split_and_the_id_follows_the_groups(cases):
    first = splits.split(cases, PROTOCOL, 2)
    assert splits.split_id(first) == splits.split_id(splits.split(cases, PROTOCOL, 2))
    other = splits.split(cases, splits.Protocol(test=PROTOCOL.test, seed=1), 2)
    assert splits.split_id(first) != splits.split_id(other)
    cases.loc[50, "group"] = cases.loc[40, "group"]
    assert splits.split_id(first) != splits.split_id(splits.split(cases, PROTOCOL, 2))


def test_a_test_set_larger_than_the_set_is_refused(cases):
    with pytest.raises(UserError, match=r"the test set lacks cases .*malignant"):
        splits.split(cases, splits.Protocol(test={"benign": 13, "malignant": 50}), 1)


def test_impossible_folds_are_refused(cases):
    with pytest.raises(UserError, match="fold 6 is none of 1 to 5"):
        splits.split(cases, PROTOCOL, 6)
    few = cases[cases["label"] != "normal"].groupby("label").head(4)
    with pytest.raises(UserError, match="groups cannot fill 9 folds"):
        splits.split(few, splits.Protocol({"benign": 0, "malignant": 0}, folds=9), 1)


def test_rotated_folds_test_every_case_once(cases):
    tables = [splits.rotated(cases, ("benign", "malignant"), k) for k in range(1, 11)]
    tested = pd.concat([t.loc[t["role"] == "test", "case"] for t in tables])
    assert sorted(tested) == sorted(cases.loc[cases["label"] != "normal", "case"])
    for now, after in zip(tables, [*tables[1:], tables[0]], strict=True):
        assert splits.divided(now).empty
        assert set(now["case"][now["role"] == "val"]) == set(after["case"][after["role"] == "test"])
        assert set(now.loc[now["role"] == "unused", "label"]) == {"normal"}


def test_rotated_by_image_divides_groups(cases):
    table = splits.rotated(cases, ("benign", "malignant"), 1, unit="case")
    assert not splits.divided(table).empty
    with pytest.raises(UserError, match="fold 11 is none of 1 to 10"):
        splits.rotated(cases, ("benign",), 11)


def test_shares_validate_on_a_fold_of_all_cases(cases):
    table = splits.shares(cases)
    assert table["role"].value_counts()["val"] == pytest.approx(24, abs=2)
    assert set(table["role"]) == {"train", "val"}
    assert splits.divided(table).empty


def test_file_order_puts_the_last_files_into_validation():
    names = [f"normal ({i})" for i in range(1, 13)]
    cases = pd.DataFrame({"case": names, "label": "normal", "group": names})
    as_text = splits.in_file_order(cases, share=0.25)
    assert set(as_text["case"][as_text["role"] == "val"]) == {f"normal ({i})" for i in (7, 8, 9)}
    as_numbers = splits.in_file_order(cases, share=0.25, numeric=True)
    assert as_numbers["case"][as_numbers["role"] == "val"].tolist() == names[-3:]


def test_last_fifth_of_busi_is_nearly_all_normal():
    """133 normal and 23 malignant images, which is what the accuracies of paper 2 point to."""
    named = [(f"{k} ({i})", k) for k, n in COUNTS.items() for i in range(1, n + 1)]
    cases = pd.DataFrame(named, columns=["case", "label"]).assign(group="")
    for numeric in (False, True):
        table = splits.in_file_order(cases, numeric=numeric)
        labels = table.loc[table["role"] == "val", "label"].value_counts().to_dict()
        assert labels == {"normal": 133, "malignant": 23}


def test_drawn_parts_have_their_numbers_and_whole_groups(cases):
    table = splits.drawn(cases, train=70, val=10, seed=3)
    assert splits.mix(table).sum(axis=1).to_dict() == {"train": 70, "val": 10, "test": 40}
    assert splits.divided(table).empty
    assert not splits.drawn(cases, train=70, val=10, seed=4).equals(table)
    by_case = splits.drawn(cases, train=70, val=10, seed=3, unit="case")
    assert len(splits.divided(by_case)) > 0


def test_a_drawn_split_leaves_something_to_test_on(cases):
    with pytest.raises(UserError, match="120 cases cannot give 110 to train on, 10 to validate"):
        splits.drawn(cases, train=110, val=10)
    with pytest.raises(UserError, match="ask for fewer"):
        splits.drawn(cases, train=121, val=1)


def patients(n: int, images: int, labels: tuple[str, ...]) -> pd.DataFrame:
    """`n` patients with as many images each; labels go round by patient."""
    rows = [
        (f"p{i}-{j}", labels[i % len(labels)], f"p{i}", 1) for i in range(n) for j in range(images)
    ]
    return pd.DataFrame(rows, columns=["case", "label", "group", "n_masks"])


def test_whole_patients_come_as_near_as_they_can(cases):
    pairs_of_images = patients(30, 2, ("benign", "malignant"))
    table = splits.split(pairs_of_images, splits.Protocol({"benign": 3, "malignant": 3}), 1)
    assert splits.mix(table).loc["test"].to_dict() == {"benign": 2, "malignant": 2}
    assert table.attrs["note"] == (
        "the test set has 2 benign instead of 3, 2 malignant instead of 3, "
        "because groups stay whole"
    )
    twelve = patients(10, 12, ("benign", "malignant"))
    table = splits.split(twelve, splits.Protocol({"benign": 6, "malignant": 6}), 1)
    assert splits.mix(table).loc["test"].to_dict() == {"benign": 12, "malignant": 12}
    near = splits.split(twelve, splits.Protocol({"benign": 14, "malignant": 12}), 1)
    assert splits.mix(near).loc["test"].to_dict() == {"benign": 12, "malignant": 12}
    for whole in (table, near):
        assert splits.divided(whole).empty
    assert "note" not in splits.split(cases, PROTOCOL, 1).attrs


def test_drawn_parts_come_as_near_as_whole_patients_can():
    table = splits.drawn(patients(10, 12, ("lesion",)), train=30, val=10)
    assert splits.mix(table).sum(axis=1).to_dict() == {"train": 24, "val": 12, "test": 84}
    assert table.attrs["note"].startswith("the split has 24 train instead of 30, 12 val instead")
    with pytest.raises(UserError, match="24 cases cannot give 1 to train on, 1 to validate on and"):
        splits.drawn(patients(2, 12, ("lesion",)), train=1, val=1)


@pytest.mark.parametrize("folds", [2, 3, 5, 7, 10])
@pytest.mark.parametrize("seed", range(5))
def test_no_fold_is_empty(folds, seed):
    for table in (patients(10, 12, ("a", "b", "c")), patients(10, 3, ("a",))):
        tested = [
            splits.rotated(table, set(table["label"]), fold, folds, seed)
            for fold in range(1, folds + 1)
        ]
        sizes = [(of["role"] == "test").sum() for of in tested]
        assert min(sizes) > 0 and sum(sizes) == len(table)


def test_more_folds_than_cases_of_any_label_are_refused():
    few = patients(9, 1, ("a", "b", "c"))
    with pytest.raises(
        UserError, match=r"no label has as many cases as there are folds \(3 of 5\)"
    ):
        splits.shares(few)


def test_names_with_other_digits_are_put_in_order():
    names = ["x\xb2", "x10", "x2", "x\u0663"]
    cases = pd.DataFrame({"case": names, "label": "normal", "group": names})
    assert len(splits.in_file_order(cases, numeric=True)) == 4


def test_twins_only_across_a_split_by_image():
    names = [f"benign ({i})" for i in range(40)]
    groups = [names[i // 2 * 2] for i in range(40)]  # twenty pairs
    cases = pd.DataFrame({"case": names, "label": "benign", "group": groups, "n_masks": 1})
    shares = splits.twins(cases, splits.Protocol(test={"benign": 0}), 10)
    mean = shares.groupby("split")["share"].mean()
    assert mean["by group"] == 0
    # the twin of a validation image is one of 39 others, of which 32 are trained on
    assert mean["by image"] == pytest.approx(32 / 39, abs=0.1)
