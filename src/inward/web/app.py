"""The server's answers: the page, its files, and everything that is computed for it."""

import json
from asyncio import to_thread
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, Path, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, StreamingResponse
from pydantic import BaseModel

from inward import __version__
from inward.data.pictures import parse_crop
from inward.errors import ArgumentError, InwardError
from inward.model import ScoreName
from inward.page import schema
from inward.page.bundle import PLOTLY, asset, live_page, module_names, plotly_script
from inward.web.desk import BusyError, Desk, Key, SupersededError, Work
from inward.web.guard import Guard
from inward.web.session import Asked, BaselineName, Box, Frozen, NoImageError, Session
from inward.web.watched import Stopped

MOST_UPLOAD = 24 * 2**20
_MOST_FROZEN = 50
_BOX = r"\d{1,9}:\d{1,9}(,\d{1,9}){3}"
_BOXES, _BOXES_ARE = rf"^({_BOX}(;{_BOX})*)?$", "Boxes to keep, as NUMBER:LEFT,TOP,WIDTH,HEIGHT with ; between."
_NEVER_STORED = {"cache-control": "no-store"}
_KINDS = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8"}
_EVENTS = "text/event-stream"


class Problem(BaseModel):
    """What is wrong, in one line."""

    detail: str


class _LargeError(InwardError):
    """An upload with too many bytes."""


def _answers(*, events: bool = False, codes: tuple[int, ...] = (400, 404, 409, 429)) -> dict[int | str, dict[str, Any]]:
    guarded: dict[int | str, dict[str, Any]] = {code: {"model": Problem} for code in (401, 403, 421, *codes)}
    stream = {"schema": {"type": "string"}, "example": 'event: progress\ndata: {"share": 0.5}\n\n'}
    return guarded | ({200: {"content": {_EVENTS: stream}}} if events else {})


async def _asked(
    target: Annotated[int | None, Query(ge=0, le=10**6, description="Class to explain; the predicted one.")] = None,
    versus: Annotated[int | None, Query(ge=0, le=10**6, description="Rather than this class.")] = None,
    baseline: BaselineName = "black",
    score: ScoreName = "logit",
) -> Asked:
    return Asked(target, versus, baseline, score)


Number = Annotated[int, Path(ge=0, le=10**9, description="An image's number.")]
Question = Annotated[Asked, Depends(_asked)]
Client = Annotated[str, Query(max_length=64, pattern=r"^[\w-]*$", description="A newer request takes its turn.")]


def create_app(session: Session, *, host: str = "127.0.0.1", token: str = "") -> FastAPI:
    """The server of a session.

    Args:
        session: the model and its images.
        host: where the server will listen; a request must call it by this name, or as loopback.
        token: what every request must know; empty on loopback.

    Returns:
        The application; /api/openapi.json describes it.
    """
    desk = Desk()

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        desk.close()

    app = FastAPI(
        title="inward",
        version=__version__,
        summary="See inside a neural network, and know how far to trust what you see.",
        docs_url=None,  # these pages would fetch their scripts from elsewhere
        redoc_url=None,
        openapi_url="/api/openapi.json",
        lifespan=lifespan,
    )
    app.add_middleware(Guard, host=host, token=token)
    _tell_faults(app)
    _add_page(app)
    _add_images(app, session, desk)
    _add_questions(app, session, desk)
    return app


def _add_page(app: FastAPI) -> None:
    known = dict.fromkeys(module_names(), "js") | {"page.css": "css", PLOTLY: "js"}

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    async def page() -> HTMLResponse:
        return HTMLResponse(live_page(), headers=_NEVER_STORED)

    @app.get("/assets/{name}", include_in_schema=False)
    async def file(name: str) -> Response:
        if name not in known:
            return JSONResponse({"detail": "There is no such file."}, 404)
        content = await to_thread(plotly_script) if name == PLOTLY else asset(name)
        return Response(content, media_type=_KINDS[known[name]], headers={"cache-control": "no-cache"})


def _add_images(app: FastAPI, session: Session, desk: Desk) -> None:
    @app.get("/api/report", responses=_answers(codes=()))
    async def report() -> schema.Head:
        """What the page begins with: the network, the images and what they are taken for, weights, training."""
        return await to_thread(session.head)

    @app.post(
        "/api/images",
        responses=_answers(codes=(400, 413, 429)),
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            }
        },
    )
    async def add(
        request: Request, name: Annotated[str, Query(max_length=300, description="What to call it.")] = "picture"
    ) -> schema.Image:
        """Show one more picture: the file itself is the request's body."""
        content = await _body(request)
        number, gone = await desk.call(lambda: session.add(content, name))
        for one in gone:
            desk.forget(one)
        return await to_thread(session.image, number)

    @app.get("/api/images/{number}", responses=_answers())
    async def image(number: Number) -> schema.Image:
        """An image as the network got it, and what it is taken for."""
        return await to_thread(session.image, number)

    @app.get("/api/images/{number}/picture", responses=_answers())
    async def picture(number: Number) -> schema.Packed:
        """The whole picture (h, w, 3), not larger than a page shows it."""
        return await to_thread(session.picture, number)

    @app.get("/api/images/{number}/layers/{layer}", response_model=schema.Packed, responses=_answers())
    async def layer(number: Number, layer: Annotated[str, Path(max_length=200)]) -> Response:
        """A layer's activations, channels first."""
        work: Work = lambda _: session.layer(number, layer)  # noqa: E731  (it has no name to give)
        return _json(await desk.ask(("layer", number, layer), work, quick=True))


def _add_questions(app: FastAPI, session: Session, desk: Desk) -> None:
    """Each answers as JSON, or to who accepts text/event-stream with its progress and then the same JSON."""

    @app.get("/api/images/{number}/map", response_model=schema.Map, responses=_answers(events=True))
    async def attribution(request: Request, number: Number, asked: Question, client: Client = "") -> Response:
        """Integrated gradients, to a tolerance of one per cent."""
        work: Work = lambda watch: session.map(number, asked, watch.stop, watch.tell)  # noqa: E731
        return await _answer(request, desk, ("map", number, asked), work, client)

    @app.get("/api/images/{number}/walk", response_model=schema.Walk, responses=_answers(events=True))
    async def path(request: Request, number: Number, asked: Question, client: Client = "") -> Response:
        """The path from the baseline to the image."""
        work: Work = lambda watch: session.walk(number, asked, watch.stop, watch.tell)  # noqa: E731
        return await _answer(request, desk, ("walk", number, asked), work, client)

    @app.get("/api/images/{number}/crop", response_model=schema.Crop, responses=_answers(events=True))
    async def crop(
        request: Request,
        number: Number,
        box: Annotated[str, Query(max_length=50, description="LEFT,TOP,WIDTH,HEIGHT in the picture's pixels.")],
        asked: Question,
        client: Client = "",
    ) -> Response:
        """A part of the picture, looked at as an image of its own."""
        place = parse_crop(box)
        work: Work = lambda watch: session.crop(number, place, asked, watch.stop, watch.tell)  # noqa: E731
        return await _answer(request, desk, ("crop", number, place, asked), work, client)

    @app.get("/api/frozen", response_model=Frozen, responses=_answers(events=True))
    async def frozen(
        request: Request,
        images: Annotated[str, Query(max_length=500, pattern=r"^\d{1,9}(,\d{1,9})*$", description="Numbers.")],
        asked: Question,
        boxes: Annotated[str, Query(max_length=5000, pattern=_BOXES, description=_BOXES_ARE)] = "",
        client: Client = "",
    ) -> Response:
        """These images as one page that needs no server."""
        numbers = list(dict.fromkeys(int(part) for part in images.split(",")))
        if len(numbers) > _MOST_FROZEN:
            raise ArgumentError("images", f"at most {_MOST_FROZEN}", str(len(numbers)), "save fewer at a time")
        parts = [_box(part) for part in dict.fromkeys(boxes.split(";")) if part]
        if len(parts) > _MOST_FROZEN:
            raise ArgumentError("boxes", f"at most {_MOST_FROZEN}", str(len(parts)), "reload the page to forget them")
        asked = Asked(None, None, asked.baseline, asked.score)
        work: Work = lambda watch: session.frozen(numbers, parts, asked, watch.stop, watch.tell)  # noqa: E731
        return await _answer(request, desk, ("frozen", *numbers, *parts, asked), work, client)


def _box(part: str) -> Box:
    number, box = part.split(":")
    return int(number), parse_crop(box)


async def _answer(request: Request, desk: Desk, key: Key, work: Work, client: str) -> Response:
    turn = (key[0], client) if client else None
    if _EVENTS in request.headers.get("accept", ""):
        return StreamingResponse(_events(desk, key, work, turn), media_type=_EVENTS, headers=_NEVER_STORED)
    return _json(await desk.ask(key, work, turn=turn, gone=request.is_disconnected))


async def _events(desk: Desk, key: Key, work: Work, turn: Key | None) -> AsyncIterator[bytes]:
    """Progress, and then the result or what is wrong, as server-sent events."""
    try:
        async with aclosing(desk.follow(key, work, turn=turn)) as following:
            async for told in following:
                if isinstance(told, bytes):
                    yield b"event: result\ndata: " + told + b"\n\n"
                else:
                    yield _event("progress", {"share": round(told, 4)})
    except (InwardError, SupersededError, Stopped) as fault:
        yield _event("error", {"detail": _words(fault)})


def _event(kind: Literal["progress", "error"], data: dict[str, Any]) -> bytes:
    return f"event: {kind}\ndata: {json.dumps(data)}\n\n".encode()


def _json(content: bytes) -> Response:
    return Response(content, media_type="application/json", headers=_NEVER_STORED)


async def _body(request: Request) -> bytes:
    """The request's body, read no further than it may be long."""
    announced = request.headers.get("content-length", "0")
    content = bytearray()
    if not announced.isdecimal() or int(announced) > MOST_UPLOAD:
        raise _too_large(announced)
    async for part in request.stream():
        content += part
        if len(content) > MOST_UPLOAD:
            raise _too_large("more")
    return bytes(content)


def _too_large(got: str) -> _LargeError:
    return _LargeError("picture", f"at most {MOST_UPLOAD // 2**20} MiB", f"{got} bytes", "make it smaller first")


def _tell_faults(app: FastAPI) -> None:
    """A person's mistake is one line and a status of its own; nothing here is the server's fault."""
    codes: list[tuple[type[Exception], int]] = [
        (NoImageError, 404),
        (BusyError, 429),
        (_LargeError, 413),
        (InwardError, 400),
        (SupersededError, 409),
        (Stopped, 409),
    ]

    def handler(code: int) -> Callable[[Request, Exception], Awaitable[Response]]:
        async def tell(_: Request, fault: Exception) -> Response:
            return JSONResponse({"detail": _words(fault)}, code)

        return tell

    for kind, code in codes:
        app.add_exception_handler(kind, handler(code))


def _words(fault: Exception) -> str:
    return str(fault) or "A newer question took the place of this one."
