"""What a real browser lets a page do that is served by the host: everything that ours needs, and nothing else."""

import html
import re

import pytest

from tests.chromium_here import dom
from tests.pages_made import FILES, INDEX, built, environment, running

SCRIPT = b"""
const said = [];
const say = (what) => { said.push(what); document.getElementById("app").textContent = said.join("; "); };
const refused = (what, doing) => { try { doing(); say(`${what} done`); } catch { say(`${what} refused`); } };
document.addEventListener("securitypolicyviolation", (event) => say(`violation of ${event.effectiveDirective}`));
say("script ran");
say(`style ${getComputedStyle(document.body).color}`);
const worker = "/assets/worker-x_Y-z012.js";
const policy = trustedTypes.createPolicy("klankbord", { createScriptURL: (url) => url });
const helper = new Worker(policy.createScriptURL(worker), { type: "module" });
helper.onmessage = ({ data }) => say(data);
helper.postMessage("worker ran");
refused("worker without policy", () => new Worker(worker));
refused("second policy", () => trustedTypes.createPolicy("other", {}));
refused("written markup", () => { document.body.innerHTML += "<p>x"; });
refused("evaluation", () => eval("1"));
fetch("/parties.json").then(async (answer) => say(`parties of generation ${(await answer.json()).generations.length}`));
fetch("https://elsewhere.example/").catch(() => say("elsewhere refused"));
fetch("http://127.0.0.1:9/").catch(() => say("another port refused"));
say(`cookies ${document.cookie.length}`);
say(`isolated ${window.originAgentCluster}`);
const allowed = document.featurePolicy.allowedFeatures();
for (const name of ["camera", "microphone", "geolocation", "usb"]) say(`${name} ${allowed.includes(name)}`);
"""

INLINE = b'<script>document.title = "inline ran"</script><style>body { color: #ff0000 }</style></body>'


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("browser")
    environ = environment(folder)
    index = INDEX.replace(b"</body>", INLINE)
    built(folder / "built", {**FILES, "assets/index-DiwrgTda.js": SCRIPT, "index.html": index})
    with running(environ, folder / "said") as host:
        return dom(host.url, folder / "profile")


def said(shown: str) -> list[str]:
    found = re.search(r'<div id="app">(.*?)</div>', shown, re.DOTALL)
    assert found, shown
    return html.unescape(found[1]).split("; ")


@pytest.mark.parametrize(
    "what",
    ["script ran", "style rgb(29, 36, 38)", "worker ran", "parties of generation 1", "isolated true", "cookies 0"],
)
def test_what_the_page_needs_it_may_do(shown: str, what: str) -> None:
    assert what in said(shown)


@pytest.mark.parametrize(
    "what",
    [
        "worker without policy refused",
        "second policy refused",
        "written markup refused",
        "evaluation refused",
        "elsewhere refused",
        "another port refused",
        "violation of connect-src",
        "camera false",
        "microphone false",
        "geolocation false",
        "usb false",
    ],
)
def test_what_it_does_not_need_it_may_not(shown: str, what: str) -> None:
    assert what in said(shown)


def test_nothing_that_stands_in_the_page_itself_runs(shown: str) -> None:
    assert "<title>Klankbord</title>" in shown and "inline ran</title>" not in shown


def test_two_addresses_elsewhere_were_refused_by_the_policy_and_not_by_the_network(shown: str) -> None:
    assert said(shown).count("violation of connect-src") == 2
