"""A category and a season turned into what a landscape is made of: its colours, its ground, its trees."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Ground = Literal["hills", "lake", "sea", "meadow"]
Trees = Literal["firs", "crowns", "pair", "none"]


@dataclass(frozen=True, slots=True)
class Scene:
    """What one landscape is made of; colours as `#rrggbb`."""

    sky: tuple[str, ...]  # from the zenith down to the horizon
    far: str  # the ridge that stands furthest away
    near: str  # the ground at our feet
    light: str  # the sun or the moon
    ground: Ground = "hills"
    trees: Trees = "none"
    is_night: bool = False
    leaf: str = ""  # the trees, where they are not as dark as the ground
    drift: str = ""  # the colour of what hangs in the air: snow, petals, seeds

    @property
    def is_by_water(self) -> bool:
        return self.ground in ("lake", "sea")

    @property
    def horizon(self) -> float:
        """How far down the sky meets the furthest ridge or the water, as a share of the height."""
        return 0.58 if self.is_by_water else 0.50

    @property
    def light_height(self) -> float:
        """Where between the zenith and the horizon the sun or the moon stands."""
        return 0.36 if self.is_night else 0.60

    @property
    def ridges(self) -> int:
        return {"hills": 6, "lake": 4, "sea": 2, "meadow": 4}[self.ground]

    @property
    def swing(self) -> float:
        """How high the furthest ridge rises and falls, in pixels."""
        return {"hills": 64.0, "lake": 58.0, "sea": 30.0, "meadow": 40.0}[self.ground]


SCENES = {
    "anxiety": Scene(("#8fb5c4", "#c5d7d2", "#f3e3cb"), "#a9c3c3", "#2f5259", "#fff4da", "hills", "firs"),
    "relationships": Scene(("#93a7c9", "#e3bfb8", "#fbdcbc"), "#b9a6b8", "#4a3f5e", "#fff0d6", "lake", "pair"),
    "sleep": Scene(("#0f1b3a", "#24386a", "#5b6fa1"), "#4a5d8f", "#0c1530", "#f4efdc", "lake", "firs", True),
    "parenting": Scene(("#8cc3d6", "#cfe6da", "#fbf1cf"), "#a5ccb4", "#3d7054", "#fff8dc", "meadow", "crowns"),
    "grief": Scene(("#5d7590", "#a2afc0", "#e8d3c4"), "#8797ac", "#30425a", "#fdf0e0", "sea"),
    "work": Scene(("#7fa3b5", "#e0cfb0", "#f8ddb0"), "#bfae93", "#5d4a3a", "#fff3d2", "hills", "crowns"),
    "boundaries": Scene(("#a9b9c2", "#ecd0b8", "#f9d9b0"), "#d3a992", "#7a4436", "#fff1d8", "hills", "crowns"),
    "identity": Scene(("#6fa3ad", "#c7dcc9", "#fbe3b5"), "#8fb9b0", "#234f54", "#fff4d6", "lake", "pair"),
    "family": Scene(("#b6a6c4", "#eac7c0", "#fde3c4"), "#cdb0b4", "#6b4a5a", "#fff3da", "meadow", "crowns"),
    "self-worth": Scene(("#a6b5dd", "#dcd3e6", "#f9e6dc"), "#bdbddb", "#4a4d7a", "#fff4e2", "hills", "firs"),
    "mood": Scene(("#86a9cf", "#c6d6e4", "#f6e7cf"), "#a9c3cf", "#3c6178", "#fff5dd", "meadow", "crowns"),
}
PLAIN = Scene(("#90b3bd", "#c9dad0", "#f4ead2"), "#a8c2b8", "#35574f", "#fff6de", "hills", "crowns")

SEASON_WORDS = {
    "winter": ("winter", "holiday", "snow", "new-year", "december", "january"),
    "spring": ("spring", "april", "blossom"),
    "summer": ("summer", "school", "september"),
    "autumn": ("autumn", "october", "november", "dark"),
}


def scene_of(words: str, category: str) -> Scene:
    scene = SCENES.get(category, PLAIN)
    season = next((name for name, marks in SEASON_WORDS.items() if any(mark in words for mark in marks)), "")
    if scene.is_night or not season:
        return scene
    return _in_season(scene, season)


def _in_season(scene: Scene, season: str) -> Scene:
    if season == "winter":
        sky = ("#8ea6c4", "#cfd6e2", "#f8e6dc")
        return replace(scene, sky=sky, far="#c3cfdf", near="#7d93b0", trees="firs", leaf="#3f5875", drift="#ffffff")
    if season == "spring":
        sky = ("#9cc6dc", "#dcebe6", "#fdf1e6")
        return replace(scene, sky=sky, far="#b5d3c2", near="#4f8560", trees="crowns", drift="#f6d3da")
    if season == "summer":
        sky = ("#86b9d2", "#d9e4d2", "#fbe6b4")
        return replace(scene, sky=sky, far="#c9c79a", near="#8a6f36", trees="crowns", drift="#fff3c4")
    sky = ("#7d8fa8", "#d9bfa6", "#f4c99a")
    return replace(scene, sky=sky, far="#b79f93", near="#5a3a34", trees="crowns")
