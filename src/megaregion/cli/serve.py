"""The command serve: the atlas, live, on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from megaregion.cli.options import Json, Lang, Quiet, app, output

HOST = "127.0.0.1"
PORT = 8411


@app.command()
def serve(
    region: Annotated[
        str,
        typer.Argument(metavar="[REGION]", help="Region folder, or the name of an example; the shipped one if blank."),
    ] = "",
    host: Annotated[
        str, typer.Option("--host", help="Address to listen at; others than this machine's need a secret.")
    ] = HOST,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port; 0 = any that is free.")] = PORT,
    scenario: Annotated[
        list[str] | None,
        typer.Option("--scenario", metavar="NAME_OR_FILE", help="Scenario to offer as well; may be repeated."),
    ] = None,
    secret_file: Annotated[
        str, typer.Option("--secret-file", metavar="FILE", help="Readers need the secret that stands in it.")
    ] = "",
    read_only: Annotated[bool, typer.Option("--read-only", help="Keep no notes and no scenarios.")] = False,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    as_json: Json = False,
    quiet: Quiet = False,
    lang: Lang = "en",
) -> None:
    """Serve the atlas of a region with isochrones, journeys, scenarios and notes, until Ctrl-C."""
    import threading
    import webbrowser
    from pathlib import Path

    from megaregion.cli.publishing import atlas_parts
    from megaregion.errors import MegaregionError
    from megaregion.publish.atlas import build_files
    from megaregion.publish.server import Site, build_app
    from megaregion.publish.server_guard import read_secret
    from megaregion.publish.server_listen import bind, check_address, listen, names_of, url_of
    from megaregion.publish.server_notes import Notes
    from megaregion.publish.server_region import Served
    from megaregion.publish.server_runs import Runs

    out = output(as_json=as_json, quiet=quiet, lang=lang)
    # what cannot be is said before the long work
    secret = read_secret(Path(secret_file)) if secret_file else ""
    check_address(host, secret=secret)
    taken = bind(host, port)
    try:
        served = Served.open(region, scenarios=scenario or (), read_only=read_only)
        runs = Runs()
        site = Site(served, None, runs, Notes(served.folder))
        url = url_of(taken)
        shipped = [name for name, offered in served.offered().items() if offered.kind == "shipped"]

        def make() -> None:
            try:
                shown = [*shipped, *scenario] if scenario else None
                parts, more = atlas_parts(served.region, out, scenarios=shown)
                site.fill(build_files(served.region, parts, **more))
                out.say(out.words("the atlas is made.", "地图已生成。"))
            except MegaregionError as problem:
                site.failed = problem
                out.say(out.words(f"no atlas: {problem}", f"无法生成地图：{problem}"))
            except Exception as problem:
                # readers are told that there will be none; the log has the rest
                site.failed = problem
                raise

        def ready() -> None:
            if out.json:
                out.data({"url": url, "region": served.region.name, "version": served.region.version})
            out.say(out.words(f"{url} (Ctrl-C stops)", f"{url}（按 Ctrl-C 停止）"))
            # who asks for figures need not wait for the page
            threading.Thread(target=make, name="atlas", daemon=True).start()
            if open_page:
                webbrowser.open(url)

        listen(build_app(site, hosts=names_of(host), secret=secret), taken, runs, ready=ready)
    finally:
        taken.close()
    out.say(out.words("stopped.", "已停止。"))
