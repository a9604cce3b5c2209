"""Log in with another provider (OpenID Connect, code flow with PKCE, state and nonce); only where it is configured.

Authlib does the protocol. It is an optional extra: without it, or without the settings, there is no button.
"""

from __future__ import annotations

import importlib.util
from typing import Any

from flask import Blueprint, Flask, abort, current_app, render_template, request, session, url_for
from werkzeug.wrappers import Response

from booking.domain.errors import Refused
from booking.front import context
from booking.usecases.outside import Outside, enter
from booking.web.access import device, safe_path, welcome
from booking.web.errors import told

pages = Blueprint("oidc", __name__)

SECONDS = 10
"""How long the provider may take to answer."""


def init_app(app: Flask) -> None:
    app.context_processor(lambda: {"oidc_label": app.config["OIDC_LABEL"] if "oidc" in app.extensions else None})
    if not app.config["OIDC_ISSUER"]:
        return
    if importlib.util.find_spec("authlib") is None:
        app.logger.warning("OIDC_ISSUER is set, but Authlib is not installed (extra: oidc)")
        return
    from authlib.integrations.flask_client import OAuth  # an optional extra

    app.extensions["oidc"] = OAuth(app).register(
        "oidc",
        client_id=app.config["OIDC_CLIENT_ID"],
        client_secret=app.config["OIDC_CLIENT_SECRET"],
        server_metadata_url=f"{app.config['OIDC_ISSUER'].rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "default_timeout": SECONDS},
    )


def _provider() -> Any:
    return current_app.extensions.get("oidc") or abort(404)


@pages.get("/login/oidc")
def start() -> Response | tuple[str, int]:
    """Away to the provider; what comes back is known by the cookie of this browser."""
    provider = _provider()
    target = safe_path(request.args.get("next"))
    back = context.address().base_url + url_for("oidc.back")
    try:
        answer: Response = provider.authorize_redirect(back)
    except Exception as error:  # noqa: BLE001
        return _failed(error)
    session["oidc_next"] = target
    return answer


@pages.get("/login/oidc/back")
def back() -> Response | tuple[str, int]:
    provider, issuer = _provider(), current_app.config["OIDC_ISSUER"]
    target = safe_path(session.pop("oidc_next", None))
    try:
        wanted = {"iss": {"essential": True, "values": [issuer]}}
        claims = provider.authorize_access_token(claims_options=wanted, timeout=SECONDS)["userinfo"]
    except Exception as error:  # noqa: BLE001
        return _failed(error)
    email = str(claims.get("email") or "")
    said = Outside(issuer, str(claims.get("sub") or ""), email, claims.get("email_verified") is True)
    try:
        return welcome(enter(said=said, device=device(), now=context.real_now()), target)
    except Refused as refused:
        return render_template("account/oidc_failed.html", refusals=told(refused.violations)), 403


def _failed(error: Exception) -> tuple[str, int]:
    """Whatever the provider or somebody in its place sent: no session comes of it. Its words stay out of the log."""
    current_app.logger.warning("log-in elsewhere failed: %s", type(error).__name__)
    return render_template("account/oidc_failed.html", refusals=None), 400
