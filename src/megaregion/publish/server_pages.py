"""Views as pages that a person can read: plain HTML without any script."""

from __future__ import annotations

import html
import math
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from megaregion import clock

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
        _facts(view.facts),
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
    heads = "".join(f"<th{_right(name, numbers)}>{_safe(_heading(name, lang))}</th>" for name in view.columns)
    lines = []
    for row in view.rows[:SHOWN]:
        cells = []
        for name in view.columns:
            text = _cell(row.get(name), view.units.get(name) or ("s" if name.endswith("_s") else ""), lang)
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


def _facts(facts: Mapping[str, Any]) -> str:
    if not facts:
        return ""
    rows = "".join(f"<dt>{_safe(name)}</dt><dd>{_fact(value)}</dd>" for name, value in facts.items())
    return f"<dl>{rows}</dl>"


def _fact(value: Any) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{_safe(str(name))}: {_fact(each)}" for name, each in value.items() if each not in (None, ""))
    if isinstance(value, list | tuple):
        return "<br>".join(_fact(each) for each in value)
    return _safe("" if value is None else str(value))


def _heading(name: str, lang: str) -> str:
    return _HEADINGS_ZH.get(name, name) if lang == "zh" else name


def _right(name: str, numbers: set[str]) -> str:
    return " class=number" if name in numbers else ""


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _cell(value: Any, unit: str, lang: str) -> str:
    if value is None:
        return ""
    if unit == "s" and (value == "inf" or _is_number(value)):
        return "—" if value == "inf" else _safe(_duration(float(value), lang))
    if unit == "share" and _is_number(value):
        return f"{value:.1%}"
    if _is_number(value) and not float(value).is_integer():
        return f"{value:,.4g}" if math.fabs(value) < 1000 else f"{value:,.0f}"
    if _is_number(value) and (unit or isinstance(value, float)):
        return f"{value:,.0f}"
    return _safe(str(value))


def _duration(seconds: float, lang: str) -> str:
    text = clock.duration(seconds)
    if lang != "zh":
        return text
    hours, found, minutes = text.partition(" h")
    if found:
        return f"{hours} 小时 {minutes.strip()} 分" if minutes else f"{hours} 小时"
    return text.replace(" min", " 分钟").replace(" s", " 秒")


def _safe(text: Sequence[str] | str) -> str:
    return html.escape(str(text), quote=True)
