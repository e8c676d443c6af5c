"""Where the public sets are: address, hash, licence and citation of each archive."""

from dataclasses import dataclass
from pathlib import Path

from busutils.data.busi import FOLDER


@dataclass(frozen=True)
class File:
    """One file to download: a zip archive, or a file that is kept as it is.

    Attributes
    ----------
    name : str
        Its own name, which the address need not end in.
    url : str
    sha256 : str or None
        None where nobody published it; then only the size is checked, and said.
    size : int or None
        Bytes, rounded where a hash is there to check; None where nobody published it.
    """

    name: str
    url: str
    sha256: str | None
    size: int | None = None


@dataclass(frozen=True)
class Source:
    """Where a set comes from.

    Attributes
    ----------
    name, title, licence, citation : str
        The name is that of its `Dataset`.
    files : tuple of File
        Empty where only Kaggle has the set.
    folder : str or None
        Folder in the data root that all archives are unpacked to; None where each has a folder of
        its own name.
    bare : bool
        True where the archives hold their files without that folder.
    kaggle : str or None
        ``owner/name`` of a copy on Kaggle.
    verify : bool
        False where the server's certificate is known to be faulty; the hash vouches all the same.
    """

    name: str
    title: str
    licence: str
    citation: str
    files: tuple[File, ...] = ()
    folder: str | None = None
    bare: bool = False
    kaggle: str | None = None
    verify: bool = True

    def places(self, root: Path) -> dict[Path, list[File]]:
        """Folders and single files of the set in `root`, each with the downloads it needs."""
        found = {root / self.folder: []} if self.folder else {}
        for file in self.files:
            path = root / file.name
            place = root / (self.folder or path.stem) if path.suffix == ".zip" else path
            found.setdefault(place, []).append(file)
        return found


def _isic(part: str, sha256: str) -> File:
    name = f"ISIC2018_Task1{'-2' if part.endswith('Input') else ''}_{part}.zip"
    url = f"https://isic-challenge-data.s3.amazonaws.com/2018/{name}"
    return File(name, url, sha256, 10_400_000_000 if part == "Training_Input" else None)


def _figshare(name: str, number: int, sha256: str | None, size: int) -> File:
    return File(name, f"https://ndownloader.figshare.com/files/{number}", sha256, size)


_ISIC = {
    "Training_Input": "80f98572347a2d7a376227fa9eb2e4f7459d317cb619865b8b9910c81446675f",
    "Training_GroundTruth": "99f8b2bb3c4d6af483362010715f7e7d5d122d9f6c02cac0e0d15bef77c7604c",
    "Validation_Input": "0ea920fcfe512d12a6e620b50b50233c059f67b10146e1479c82be58ff15a797",
    "Validation_GroundTruth": "f6911e9c0a64e6d687dd3ca466ca927dd5e82145cb2163b7a1e5b37d7a716285",
    "Test_Input": "e59ae1f69f4ed16f09db2cb1d76c2a828487b63d28f6ab85997f5616869b127d",
    "Test_GroundTruth": "2e8f6edce454a5bdee52485e39f92bd6eddf357e81f39018d05512175238ef82",
}

SOURCES = {
    "busi": Source(
        name="BUSI",
        title="BUSI, breast ultrasound, 780 images",
        licence="official text not found; third-party copies state CC BY 4.0",
        citation="Al-Dhabyani, Gomaa, Khaled, Fahmy, Data in Brief 28:104863, 2020, "
        "doi 10.1016/j.dib.2019.104863",
        files=(
            File(
                "Dataset_BUSI.zip",
                "https://scholar.cu.edu.eg/Dataset_BUSI.zip",
                "b2ce09f6063a31a73f628b6a6ee1245187cbaec225e93e563735691d68654de7",
            ),
        ),
        folder=FOLDER,
        kaggle="aryashah2k/breast-ultrasound-images-dataset",
        verify=False,
    ),
    "isic2018": Source(
        name="ISIC 2018",
        title="ISIC 2018 Task 1, photographs of skin lesions, 3694 images",
        licence="third parties disagree (CC0 or CC BY-NC 4.0); "
        "https://challenge.isic-archive.com/data/#2018 decides",
        citation="Codella et al., arXiv 1902.03368; Tschandl, Rosendahl, Kittler, Scientific Data "
        "5:180161, 2018, doi 10.1038/sdata.2018.161",
        files=tuple(_isic(part, sha256) for part, sha256 in _ISIC.items()),
    ),
    "ham10000-masks": Source(
        name="HAM10000",
        title="HAM10000, 10015 masks of skin lesions without the images",
        licence="CC BY-NC 4.0",
        citation="Tschandl et al., Nature Medicine 26:1229-1234, 2020, "
        "doi 10.1038/s41591-020-0942-0; Tschandl, Rosendahl, Kittler, Scientific Data 5:180161, "
        "2018, doi 10.1038/sdata.2018.161",
        files=(
            File(
                "HAM10000_segmentations_lesion_tschandl.zip",
                "https://dataverse.harvard.edu/api/access/datafile/3838943",
                "6d88d7df8cc806c938932939d50c17fb9ad206c143343e4702c81cf3453c1e7a",
                10_808_743,
            ),
        ),
    ),
    "figshare": Source(
        name="Figshare brain tumours",
        title="figshare 1512427, brain MRI, 3064 slices with a tumour",
        licence="CC BY 4.0",
        citation="Cheng et al., PLoS ONE 2015, doi 10.1371/journal.pone.0140381; Cheng et al., "
        "PLoS ONE 2016, doi 10.1371/journal.pone.0157112; data doi 10.6084/m9.figshare.1512427",
        files=(
            _figshare(
                "brainTumorDataPublic_1-766.zip",
                3381290,
                "cdac0a7f4152cb34dd79b13543da96c37a6928ad8cb823e2662150b1a73ade54",
                214_401_279,
            ),
            _figshare(
                "brainTumorDataPublic_767-1532.zip",
                3381296,
                "d18e896d14f7af791cdd3d9b9342f9f974742a06132effde5a5219209862b4ce",
                217_848_429,
            ),
            _figshare(
                "brainTumorDataPublic_1533-2298.zip",
                3381293,
                "612d9f506c55c54db5f2f38b6d50741ef97a6d7c32b3e1be76e789674a97aefb",
                215_563_856,
            ),
            _figshare(
                "brainTumorDataPublic_2299-3064.zip",
                3381302,
                "9a673c55d139133cfbc57097bf155b5ac9f33684ee97f40bf2afba332d416a3a",
                231_679_762,
            ),
            _figshare("cvind.mat", 7005344, None, 5736),
        ),
        folder="brainTumorDataPublic",
        bare=True,
    ),
    "lgg": Source(
        name="LGG",
        title="LGG, brain MRI, 110 patients",
        licence="CC BY-NC-SA 4.0, as a third party states; the page on Kaggle decides",
        citation="Buda, Saha, Mazurowski, Computers in Biology and Medicine 2019; Mazurowski et "
        "al., Journal of Neuro-Oncology 2017",
        folder="kaggle_3m",
        kaggle="mateuszbuda/lgg-mri-segmentation",
    ),
}


def credit(name: str) -> str:
    """Return what is due below pictures of a set: citation and licence; nothing of others' sets."""
    known = {source.name: source for source in SOURCES.values()}
    return f"Images: {known[name].citation}; {known[name].licence}" if name in known else ""
