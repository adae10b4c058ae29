"""Views as pages that a person can read: plain HTML without any script."""

from __future__ import annotations

import html
import math
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from megaregion import clock
from megaregion.study.explanation import VERDICT_WORDS
from megaregion.study.parameter_names import name_zh
from megaregion.study.quantity import vintage
from megaregion.study.status import STATUS_WORDS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from megaregion.publish.server_view import View

STYLE = "server.css"

SHOWN = 1_000
"""Rows of a page; its twins hold all."""

_PLACES = (
    ("/", "Atlas", "地图"),
    ("/measures", "Measures", "指标"),
    ("/tables", "Tables", "数据表"),
    ("/evidence", "Evidence", "证据"),
    ("/scenarios", "Scenarios", "方案"),
    ("/sources", "Sources", "来源"),
    ("/notes", "Notes", "备注"),
)

_HEADINGS_ZH = {
    "name": "名称",
    "title": "标题",
    "value": "数值",
    "unit": "单位",
    "from": "起点",
    "to": "终点",
    "city": "城市",
    "city_id": "城市编号",
    "from_id": "起点编号",
    "to_id": "终点编号",
    "year": "年份",
    "status": "核实状态",
    "rows": "行数",
    "text": "内容",
    "author": "作者",
    "created": "时间",
    "source_id": "来源编号",
    "publisher": "发布者",
    "licence": "许可",
    "verdict": "结论",
    "statement": "说法",
    "comment": "说明",
    "id": "标识",
    "measure": "指标",
    "shape": "对象",
    "question": "问题",
    "parameters": "参数",
    "formula": "公式",
    "provenance": "依据",
    "notices": "提示",
    "settings": "设定",
    "inputs": "数据",
    "table": "数据表",
    "published": "发布",
    "retrieved": "获取日期",
    "url": "网址",
    "region": "区域",
    "version": "版本",
    "content": "内容标识",
    "software": "软件",
    "key": "结果标识",
    "scenario": "方案",
    "scenario_id": "方案标识",
    "stands_on": "基准",
    "kind": "类型",
    "edits": "改动",
    "entries": "改动",
    "edit": "改动",
    "number": "序号",
    "on": "启用",
    "fields": "内容",
    "cities": "城市",
    "claimed": "所称",
    "years": "年份",
    "needs": "所需数据",
    "explanation": "说明",
    "counts": "计数",
    "claims": "说法",
    "sources": "来源",
    "variants": "其他解读",
    "label": "名称",
    "tolerance": "容差",
    "relation": "关系",
    "lon": "经度",
    "lat": "纬度",
    "date": "日期",
    "minutes": "分钟",
    "code": "代码",
    "severity": "级别",
    "message": "提示内容",
    "fix": "处理",
    "offset": "起始行",
    "unit_words": "单位名称",
}

_SHAPES = {
    "value": ("one value", "单值"),
    "city": ("each city", "各市"),
    "pair": ("each pair of cities", "各城市对"),
    "zone": ("each zone", "各分区"),
}


def style_sheet() -> bytes:
    """Give the style sheet of all these pages."""
    return files("megaregion.publish").joinpath("static", "server", STYLE).read_bytes()


def view_page(view: View, *, lang: str, path: str, query: str) -> bytes:
    """
    Write a view as a page.

    Parameters
    ----------
    view
        What is shown.
    lang
        "en" or "zh".
    path, query
        Its address, and the query without `lang`: what links lead to.
    """
    zh = lang == "zh"
    also = f"?{query}" if query else ""
    other = "&".join(part for part in (query, f"lang={'en' if zh else 'zh'}") if part)
    links = [
        f'<a href="{_safe(target)}{"?lang=zh" if zh and target != "/" else ""}">{cn if zh else en}</a>'
        for target, en, cn in _PLACES
    ]
    links.append(
        f'<a href="{_safe(path)}?{_safe(other)}" lang="{"en" if zh else "zh-CN"}">{"English" if zh else "中文"}</a>'
    )
    twins = f'<a href="{_safe(path)}.json{_safe(also)}">JSON</a> · <a href="{_safe(path)}.csv{_safe(also)}">CSV</a>'
    parts = [
        f"<p class=about>{_safe(view.about.of(lang))}</p>" if view.about else "",
        f"<p class=twins>{'同样内容' if zh else 'The same as'} {twins}</p>",
        _table(view, lang=lang, suffix="?lang=zh" if zh else ""),
        _more(view, path, query, zh=zh),
        _facts(view.facts, lang),
    ]
    heading = f"<h1>{_safe(view.title.of(lang))}</h1>"
    body = f"<header><nav>{' '.join(links)}</nav></header><main>{heading}{''.join(parts)}</main>"
    return _document(view.title.of(lang), body, lang)


def login_page(*, refused: bool = False) -> bytes:
    """Write the page that asks for the secret."""
    wrong = "<p class=refused role=alert>That is not the secret. 密钥不正确。</p>" if refused else ""
    form = (
        "<main><form class=login method=post action=/login><h1>megaregion</h1>"
        f"{wrong}<label for=secret>This server needs its secret. 请输入密钥。</label>"
        "<input id=secret name=secret type=password autocomplete=current-password required autofocus>"
        "<button>Log in 登录</button></form></main>"
    )
    return _document("megaregion", form, "en")


def waiting_page() -> bytes:
    """Write the page that stands for the atlas while it is being made; it asks again by itself."""
    text = "<main><h1>megaregion</h1><p role=status>The atlas is being made ... 正在生成地图……</p></main>"
    return _document("megaregion", text, "en", '<meta http-equiv="refresh" content="2">')


def error_page(shape: Mapping[str, Any], lang: str) -> bytes:
    """Write an error as a page."""
    status = int(shape["status"])
    text = _safe(str(shape["error"])).replace("\n", "<br>")
    back = '<p><a href="/">Atlas 地图</a> · <a href="/measures">Measures 指标</a></p>'
    return _document(f"{status}", f"<main><h1>{status}</h1><p role=alert>{text}</p>{back}</main>", lang)


def _document(title: str, body: str, lang: str, more: str = "") -> bytes:
    head = (
        f'<!doctype html><html lang="{"zh-CN" if lang == "zh" else "en"}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_safe(title)} · megaregion</title>"
        '<link rel="icon" href="data:,"><link rel="stylesheet" href="/server.css">'
    )
    return f"{head}{more}</head><body>{body}</body></html>\n".encode()


def _table(view: View, *, lang: str, suffix: str) -> str:
    if not view.rows:
        return f"<p>{'没有数据。' if lang == 'zh' else 'Nothing here.'}</p>"
    numbers = {name for name in view.columns if any(_is_number(row.get(name)) for row in view.rows[:50])}
    # of a text in both languages, the reader's
    shown = {name: name for name in view.columns if not name.endswith("_zh") or name[:-3] not in view.columns}
    if lang == "zh":
        shown = {name: f"{name}_zh" if f"{name}_zh" in view.columns else name for name in shown}
    titles = {name: view.heads[name].of(lang) if name in view.heads else _heading(name, lang) for name in shown}
    heads = "".join(f"<th{_right(name, numbers)}>{_safe(title)}</th>" for name, title in titles.items())
    lines = []
    for row in view.rows[:SHOWN]:
        cells = []
        for name, held in shown.items():
            value = _in_words(name, row.get(held), lang)
            text = _cell(value, view.units.get(name) or ("s" if name.endswith("_s") else ""), lang)
            target = view.links.get(name)
            if target and row.get(name) is not None:
                text = f'<a href="{_safe(target.format(quote(str(row[name]))))}{suffix}">{text}</a>'
            cells.append(f"<td{_right(name, numbers)}>{text}</td>")
        style = ' class="illustrative"' if row.get("status") == "illustrative" else ""
        lines.append(f"<tr{style}>{''.join(cells)}</tr>")
    body = "".join(lines)
    return f"<div class=wide tabindex=0><table><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table></div>"


def _more(view: View, path: str, query: str, *, zh: bool) -> str:
    words = [f"{view.total:,} {'行' if zh else 'rows'}"]
    if len(view.rows) > SHOWN:
        words.append(f"{'显示前' if zh else 'the first'} {SHOWN:,}")
    kept = [part for part in query.split("&") if part and not part.startswith("offset=")]
    if zh:
        kept.append("lang=zh")
    for offset, text in ((view.before, "上一页" if zh else "before"), (view.next, "下一页" if zh else "next")):
        if offset is not None:
            words.append(f'<a href="{_safe(path)}?{_safe("&".join([*kept, f"offset={offset}"]))}">{text}</a>')
    return f"<p>{' · '.join(words)}</p>"


def _facts(facts: Mapping[str, Any], lang: str) -> str:
    if not facts:
        return ""
    told = _of_language(facts, lang)
    rows = "".join(
        f"<dt>{_safe(_heading(name, lang))}</dt><dd>{_fact(_in_words(name, value, lang), lang)}</dd>"
        for name, value in told.items()
    )
    return f"<dl>{rows}</dl>"


def _fact(value: Any, lang: str) -> str:
    if isinstance(value, dict) and set(value) == {"en", "zh"}:
        return _safe(str(value[lang]))
    if isinstance(value, dict):
        separator, colon = ("；", "：") if lang == "zh" else ("; ", ": ")
        return separator.join(
            f"{_safe(_heading(str(name), lang))}{colon}{_fact(_in_words(str(name), each, lang), lang)}"
            for name, each in _of_language(value, lang).items()
            if each not in (None, "")
        )
    if isinstance(value, list | tuple):
        return "<br>".join(_fact(each, lang) for each in value)
    if isinstance(value, bool):
        return _yes_or_no(value, lang)
    return _safe("" if value is None else str(value))


def _of_language(facts: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """Keep, of a text that is there as `name` and `name_zh`, that of the language."""
    kept = {name: value for name, value in facts.items() if not name.endswith("_zh") or name[:-3] not in facts}
    if lang == "zh":
        kept = {name: facts.get(f"{name}_zh", value) for name, value in kept.items()}
    return kept


def _in_words(name: str, value: Any, lang: str) -> Any:
    """Give the words of a value that is one of a few; any other as it is."""
    if not isinstance(value, str):
        return value
    if name == "shape" and value in _SHAPES:
        return _SHAPES[value][lang == "zh"]
    if name == "status" and value in STATUS_WORDS:
        return STATUS_WORDS[value].of(lang)
    if name == "verdict" and value in VERDICT_WORDS:
        return VERDICT_WORDS[value].of(lang)
    return vintage(value).of(lang) if name == "vintage" else value


def _yes_or_no(value: bool, lang: str) -> str:  # noqa: FBT001 - what is to be written
    yes, no = ("是", "否") if lang == "zh" else ("yes", "no")
    return yes if value else no


def _heading(name: str, lang: str) -> str:
    return _HEADINGS_ZH.get(name, name_zh(name)) if lang == "zh" else name


def _right(name: str, numbers: set[str]) -> str:
    return " class=number" if name in numbers else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: Any, unit: str, lang: str) -> str:
    if value is None or isinstance(value, bool | dict | list | tuple):
        return _fact(value, lang)
    if unit == "s" and (value == "inf" or _is_number(value)):
        return "—" if value == "inf" else _safe(clock.duration(float(value), lang))
    if unit == "share" and _is_number(value):
        return f"{value:.1%}"
    if _is_number(value) and not float(value).is_integer():
        return f"{value:,.4g}" if math.fabs(value) < 1000 else f"{value:,.0f}"
    if _is_number(value) and (unit or isinstance(value, float)):
        return f"{value:,.0f}"
    return _safe(str(value))


def _safe(text: Sequence[str] | str) -> str:
    return html.escape(str(text), quote=True)
