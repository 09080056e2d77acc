"""The files for systemd, nginx and Docker name what exists, and keep the promises of the README."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.__main__ import build_parser
from bot.settings import describe_settings, load_settings

ROOT = Path(__file__).resolve().parent.parent
DEPLOYMENT = ROOT / "bot" / "deployment"
ENVIRONMENT = (DEPLOYMENT / "jobcenter-bot.env.example").read_text(encoding="utf-8")
DOCKERFILE = (DEPLOYMENT / "Dockerfile").read_text(encoding="utf-8")
SET = {
    "JOBCENTER_BOT_SECRET_KEY": "",
    "JOBCENTER_BOT_DATABASE_URL": "sqlite:////var/lib/jobcenter-bot/state.db",
    "JOBCENTER_BOT_MODELS_DIR": "/var/lib/jobcenter-bot/models",
}
SERVICES = ("jobcenter-bot.service", "jobcenter-bot-backup.service")


def read_unit(name: str) -> list[tuple[str, str]]:
    lines = (DEPLOYMENT / name).read_text(encoding="utf-8").splitlines()
    return [(key, value) for key, sign, value in (line.partition("=") for line in lines) if sign and key[0] != "#"]


@pytest.mark.parametrize(("variable", "default", "meaning"), describe_settings())
def test_example_of_the_environment_has_every_setting(variable: str, default: str, meaning: str) -> None:
    line = f"{variable}={SET[variable]}" if variable in SET else f"#{variable}={default}"
    assert f"# {meaning}\n{line}\n" in ENVIRONMENT


def test_example_of_the_environment_has_no_other_setting_and_works_with_a_key() -> None:
    assert len(re.findall(r"^#?JOBCENTER_BOT_", ENVIRONMENT, re.M)) == len(describe_settings())
    filled = dict(line.split("=", 1) for line in ENVIRONMENT.splitlines() if line.startswith("JOBCENTER_BOT_"))
    settings = load_settings(filled | {"JOBCENTER_BOT_SECRET_KEY": "k" * 32})
    assert settings.models_dir == Path("/var/lib/jobcenter-bot/models")
    everything = dict(
        line.lstrip("#").split("=", 1) for line in ENVIRONMENT.splitlines() if re.match("#?JOBCENTER_BOT_", line)
    )
    same = load_settings(everything | filled | {"JOBCENTER_BOT_SECRET_KEY": "k" * 32})
    for name in settings.__struct_fields__:
        was, now = getattr(settings, name), getattr(same, name)
        assert was == (ROOT / now if isinstance(now, Path) else now), name


@pytest.mark.parametrize("name", SERVICES)
def test_unit_starts_what_exists_and_is_closed(name: str) -> None:
    unit = read_unit(name)
    values = dict(unit)
    for key, value in unit:
        if key.startswith("Exec") and value.startswith("/opt/jobcenter-bot"):
            program, *arguments = value.split()
            assert (ROOT / Path(program).relative_to("/opt/jobcenter-bot")).is_file()
            assert arguments
            build_parser().parse_args(arguments)
    for key, value in {
        "User": "jobcenter-bot",
        "EnvironmentFile": "/etc/jobcenter-bot.env",
        "LimitCORE": "0",
        "UMask": "0077",
        "ProtectSystem": "strict",
        "ProtectHome": "true",
        "PrivateTmp": "true",
        "NoNewPrivileges": "true",
        "CapabilityBoundingSet": "",
        "StateDirectory": "jobcenter-bot",
    }.items():
        assert values[key] == value, key


def test_reload_checks_and_trains_before_the_processes_change() -> None:
    unit = read_unit("jobcenter-bot.service")
    reload = [value for key, value in unit if key == "ExecReload"]
    assert [value.rpartition("/")[2] for value in reload] == ["run check", "run train", "kill -HUP $MAINPID"]
    assert dict(unit)["TimeoutStartSec"] == "15min", "systemd ends a reload that takes longer"
    assert dict(unit)["TimeoutStopSec"] == "120"
    assert dict(unit)["Restart"] == "on-failure"


def test_state_lies_where_the_unit_may_write() -> None:
    state = f"/var/lib/{dict(read_unit('jobcenter-bot.service'))['StateDirectory']}/"
    assert state in SET["JOBCENTER_BOT_DATABASE_URL"] and SET["JOBCENTER_BOT_MODELS_DIR"].startswith(state)
    backup = dict(read_unit("jobcenter-bot-backup.service"))
    assert backup["ReadWritePaths"] in backup["ExecStart"]


def test_image_is_built_from_what_exists() -> None:
    copied = re.findall(r"^COPY (\S+) \S+$", DOCKERFILE, re.M)
    assert copied == ["requirements.lock", "config.yml", "bot", "nlu_data", "responses", "tests/dialogues"]
    ignore = (DEPLOYMENT / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    assert ignore[1] == "*", "only what is named gets in"
    assert [line[1:] for line in ignore if line.startswith("!")] == copied
    assert all((ROOT / path).exists() for path in copied)


def test_image_leaves_out_what_only_tests_need() -> None:
    removed = re.findall(r"uv pip uninstall(?:.|\n)*?\n\n?COPY", DOCKERFILE)[0].replace("\\", " ").split()
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["dependency-groups"]["dev"]
    for requirement in wanted:
        name = re.split(r"[<>=\[]", requirement)[0]
        assert name in removed or name == "httpx", f"{name} stays in the image"


@pytest.mark.parametrize(
    "part",
    [
        "--require-hashes",
        "USER 10001",
        "VOLUME /data",
        "STOPSIGNAL SIGTERM",
        "http://127.0.0.1:8080/readyz",
        "-m bot check",
        "-m bot train",
        'CMD ["serve"]',
    ],
)
def test_image_keeps_its_promises(part: str) -> None:
    assert part in DOCKERFILE


def test_compose_closes_both_containers() -> None:
    compose: dict[str, Any] = yaml.safe_load((DEPLOYMENT / "compose.yml").read_text(encoding="utf-8"))
    bot, database = compose["services"]["bot"], compose["services"]["database"]
    for service in (bot, database):
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert "stop_grace_period" in service and "restart" in service
    assert bot["stop_grace_period"] == "2m"
    assert bot["ulimits"] == {"core": 0}
    assert bot["ports"] == ["127.0.0.1:8080:8080"], "only the web server before it reaches the bot"
    assert "ports" not in database, "and nobody but the bot the database"
    assert bot["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert "pg_isready" in database["healthcheck"]["test"]
    assert (ROOT / "bot" / "deployment" / bot["build"]["context"]).resolve() == ROOT
    assert (ROOT / bot["build"]["dockerfile"]).is_file()
    gateway = compose["networks"]["inner"]["ipam"]["config"][0]["gateway"]
    assert bot["environment"]["JOBCENTER_BOT_TRUSTED_PROXIES"] == gateway


def test_compose_settings_start_the_bot() -> None:
    compose: dict[str, Any] = yaml.safe_load((DEPLOYMENT / "compose.yml").read_text(encoding="utf-8"))
    given = compose["services"]["bot"]["environment"]
    settings = load_settings(given | {"JOBCENTER_BOT_SECRET_KEY": "k" * 32})
    assert settings.database_url.startswith("postgresql://bot:${POSTGRES_PASSWORD:?")
    assert "JOBCENTER_BOT_SECRET_KEY" not in given, "secrets stand in the file of the operator"


def test_nginx_keeps_addresses_and_questions_out_of_its_files() -> None:
    text = (DEPLOYMENT / "nginx.conf").read_text(encoding="utf-8")
    (form,) = re.findall(r"log_format jobcenter_bot '(.*)';", text)
    assert not re.search(r"remote_addr|request_uri|\$request |args|forwarded|\$uri", form)
    assert "proxy_add_x_forwarded_for" not in text
    assert "proxy_max_temp_file_size 0;" in text
    limits = [int(size) for size in re.findall(r"client_max_body_size (\d+)k;", text)]
    (buffer,) = re.findall(r"client_body_buffer_size (\d+)k;", text)
    assert max(limits) <= int(buffer), "a larger body would be written to a file"
