"""The atlas in a notebook: the whole page in one frame, without a server or the internet."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING

from megaregion.publish.atlas import build_files
from megaregion.publish.atlas_states import gather_study
from megaregion.study.regions import example_scenario, titles

if TYPE_CHECKING:
    from megaregion.region.model import Region
    from megaregion.region.scenario import Scenario

HEIGHT = 720
"""Height of the frame, px."""

BASE = '<base href="about:srcdoc">'


@dataclass(frozen=True, slots=True)
class Explorer:
    """
    An atlas that a notebook shows.

    Attributes
    ----------
    page
        The page with everything in it.
    height
        Height of its frame, px.
    """

    page: str = field(repr=False)
    height: int = HEIGHT

    def _repr_html_(self) -> str:
        return (
            f'<iframe srcdoc="{escape(self.page)}" title="megaregion" loading="lazy" '
            f'style="width:100%;height:{self.height}px;border:1px solid #d5dbe0"></iframe>'
        )


def explore(region: Region, scenario: Scenario | str | None = None, *, height: int = HEIGHT) -> Explorer:
    """
    Show the atlas of a region in a notebook; it works offline, in Jupyter as in VS Code.

    Outlines of isochrones are left out, for they need more data than a cell should hold: `megaregion atlas` has them.

    Parameters
    ----------
    region
        Region to show.
    scenario
        Shown beside its years: a scenario, or the name of one that ships; None = none.
    height
        Height of the frame, px.

    Raises
    ------
    InputError
        If the region has no cities, or there is no such scenario.
    """
    asked = example_scenario(scenario) if isinstance(scenario, str) else scenario
    study = gather_study(region, scenarios=[] if asked is None else [asked])
    return Explorer(single_page(build_files(region, study, title=titles(region))), height)


def single_page(files: dict[str, bytes]) -> str:
    """
    Join the files of an atlas to one page.

    Parameters
    ----------
    files
        What `atlas.build_files` gives, by path.
    """
    page = files["index.html"].decode("utf-8")
    style = files["atlas.css"].decode("utf-8").replace("</style", "<\\/style")
    scripts = "".join(
        f"<script>{files[name].decode('utf-8').replace('</script', '<' + chr(92) + '/script')}</script>"
        for name in ("data.js", "atlas.js")
    )
    # the page writes its state behind a #, which in a frame without an address would lead to that of the notebook
    page = page.replace("; base-uri 'none'", "").replace('<meta charset="utf-8">', f'<meta charset="utf-8">{BASE}', 1)
    page = page.replace('<link rel="stylesheet" href="atlas.css">', f"<style>{style}</style>")
    for name in ("data.js", "atlas.js"):
        page = page.replace(f'<script defer src="{name}"></script>\n', "")
    return page.replace("</body>", f"{scripts}</body>")
