"""Files of a set of images on their way to arrays and splits; what is wrong with them; copies.

- `sets` names the sets. A reader (`busi`, `isic`, `brain`, `pairs` for your own) lists the files
  that `folders` finds as cases: a `files.Listing`, nothing is decoded.
- `reading.load` opens them (`pictures`, `matlab`), decides what is lesion (`masks`) and keeps all
  at one size in a cache: a `dataset.Dataset`. `doubled` and `lesions` are made of it.
- `splits` gives each case a role, in whole `units` of near-duplicates (`copies`).
- `check` looks at every file before a run does and makes a `report`.
- `fetch` downloads what `sources` knows the addresses and licences of.
"""
