"""Checkpoints are listed, downloaded, verified and converted; the hub is a server on this machine."""

from __future__ import annotations

import json
import os
import pickle
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from safetensors.torch import load_file, save_file
from tiny_hub import REVISION, Hub, serving
from tiny_lisa import make_checkpoint
from tiny_tokenizer import VICUNA_LAYOUT, layout, make_tokenizer

from reason_seg_ros.cli import main
from reason_seg_ros.errors import Cancelled, SegmenterError
from reason_seg_ros.segmenters.base import Listener
from reason_seg_ros.segmenters.lisa.weights import download as downloads
from reason_seg_ros.segmenters.lisa.weights.cache import MANIFEST, Manifest, cache_folder, resolve, resolve_tower
from reason_seg_ros.segmenters.lisa.weights.convert import convert
from reason_seg_ros.segmenters.lisa.weights.download import download
from reason_seg_ros.segmenters.lisa.weights.known import CHECKPOINTS, TOWERS, did_you_mean
from reason_seg_ros.segmenters.lisa.weights.verify import verify
from reason_seg_ros.segmenters.registry import create

ID, TOWER_ID = "somebody/LISA-tiny", "somebody/clip-tiny"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint in shards whose config names a tower of the hub; beside it the tower."""
    root = tmp_path_factory.mktemp("published")
    folder = make_checkpoint(root / "checkpoint", file_format="sharded")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"vision_tower": TOWER_ID}))
    (folder / "clip").rename(root / "tower")
    for unwanted in ("optimizer.pt", "training_args.bin", "flax_model.msgpack", "README.md"):
        (folder / unwanted).write_bytes(b"x" * 50_000)
    (folder / "LICENSE.txt").write_text("free")
    return root


@pytest.fixture
def hub(published: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    monkeypatch.setenv("REASON_SEG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.setattr(downloads, "_PAUSES", (0.0, 0.0, 0.0))
    with serving(Hub({ID: published / "checkpoint", TOWER_ID: published / "tower"})) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        yield served


def reason_seg(*arguments: object) -> int:
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as leaving:
        return int(leaving.code or 0)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    files = sorted(folder.glob("*.safetensors"))
    if files:
        return {name: value for file in files for name, value in load_file(file).items()}
    bins = sorted(folder.glob("pytorch_model*.bin"))
    return {name: value for file in bins for name, value in torch.load(file, weights_only=True).items()}


def test_what_is_needed_is_downloaded_with_the_tower(hub: Hub, published: Path, capsys) -> None:
    assert reason_seg("weights", "download", ID) == 0
    folder, tower = resolve(ID), resolve_tower(TOWER_ID, resolve(ID))
    assert f"complete: {folder}" in capsys.readouterr().out
    names = {path.name for path in folder.iterdir()} - {".lock"}
    assert {
        "config.json",
        "tokenizer.model",
        "added_tokens.json",
        "LICENSE.txt",
        "pytorch_model.bin.index.json",
    } < names
    assert not names & {"optimizer.pt", "training_args.bin", "flax_model.msgpack", "README.md"}
    assert (tower / "preprocessor_config.json").is_file()
    for path in map(folder.joinpath, names):
        assert path.name == MANIFEST or path.read_bytes() == (published / "checkpoint" / path.name).read_bytes()
    manifest = Manifest.read(folder)
    assert manifest is not None and (manifest.repository, manifest.revision) == (ID, REVISION)
    assert set(manifest.files) == names - {MANIFEST}
    assert reason_seg("weights", "verify", ID) == 0
    assert "BAD" not in capsys.readouterr().out


def test_nothing_is_fetched_twice(hub: Hub) -> None:
    download(ID)
    hub.asked.clear()
    download(ID)
    assert hub.fetched() == []
    (resolve(ID) / "tokenizer.model").unlink()
    download(ID)
    assert hub.fetched() == ["tokenizer.model"]


@pytest.mark.parametrize("resumes", [True, False])
def test_a_broken_download_goes_on_where_it_ended(hub: Hub, published: Path, resumes: bool) -> None:
    hub.resumes, hub.cut_after = resumes, [1_000_000]
    shard = "pytorch_model-00001-of-00002.bin"
    heard: list[tuple[str, int, int]] = []
    [folder] = download(ID, progress=lambda *told: heard.append(told), tower=False)
    assert (folder / shard).read_bytes() == (published / "checkpoint" / shard).read_bytes()
    ranges = [wanted for path, wanted in hub.asked if path.endswith(shard) and "/resolve/" in path]
    assert len(ranges) == 2 and ranges[0] is None and ranges[1] is not None
    size = (folder / shard).stat().st_size
    assert heard.count((shard, size, size)) == 1
    assert not list(folder.glob("*.part"))


def test_a_download_that_was_stopped_is_resumed_by_the_next(hub: Hub, published: Path) -> None:
    folder = cache_folder() / "checkpoints" / ID
    folder.mkdir(parents=True)
    shard = "pytorch_model-00002-of-00002.bin"
    whole = (published / "checkpoint" / shard).read_bytes()
    (folder / f"{shard}.part").write_bytes(whole[:123_456])
    with pytest.raises(SegmenterError, match="not completely on this machine"):
        resolve(ID)
    download(ID, tower=False)
    assert (folder / shard).read_bytes() == whole
    assert [wanted for path, wanted in hub.asked if "/resolve/" in path and shard in path] == ["bytes=123456-"]


def test_a_part_of_something_else_is_not_kept(hub: Hub, published: Path) -> None:
    folder = cache_folder() / "checkpoints" / ID
    folder.mkdir(parents=True)
    shard = "pytorch_model-00002-of-00002.bin"
    (folder / f"{shard}.part").write_bytes(b"another version" * 1000)
    download(ID, tower=False)
    assert (folder / shard).read_bytes() == (published / "checkpoint" / shard).read_bytes()


def test_two_downloads_at_once_do_not_mix(hub: Hub) -> None:
    started: list[str] = []

    def second(*_: object) -> None:
        if not started:
            started.append("second")
            with pytest.raises(SegmenterError, match="under way"):
                download(ID, tower=False)

    download(ID, progress=second, tower=False)
    assert started and list(verify(resolve(ID)))


def test_a_busy_hub_is_asked_again(hub: Hub) -> None:
    hub.busy = 2
    assert download(TOWER_ID)


def test_other_bytes_than_stated_are_refused(hub: Hub) -> None:
    hub.wrong = "pytorch_model-00001-of-00002.bin"
    with pytest.raises(SegmenterError, match="another checksum"):
        download(ID)
    with pytest.raises(SegmenterError, match="reason-seg weights download"):
        resolve(ID)


def test_safetensors_are_preferred(hub: Hub, tmp_path: Path) -> None:
    both = tmp_path / "both"
    make_checkpoint(both, file_format="safetensors")
    (both / "pytorch_model.bin").write_bytes(b"x" * 30_000)
    hub.repositories["somebody/both"] = both
    [folder] = download("somebody/both", tower=False)
    assert (folder / "model.safetensors").is_file() and not (folder / "pytorch_model.bin").exists()


def test_what_the_hub_does_not_have(hub: Hub, tmp_path: Path, capsys) -> None:
    assert reason_seg("weights", "download", "somebody/nothing") == 1
    told = capsys.readouterr().err
    assert "has no public repository somebody/nothing (HTTP 404)" in told
    assert "Did you mean" not in told and "cannot be reached" not in told
    assert reason_seg("weights", "download", "nonsense") == 1
    assert "OWNER/NAME" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    hub.repositories["somebody/empty"] = tmp_path / "empty"
    assert reason_seg("weights", "download", "somebody/empty") == 1
    assert "no weights that can be read" in capsys.readouterr().err
    assert reason_seg("weights", "download", "xinlai/LISA-13B-llama2-v0-explanatory") == 1
    assert "older layout" in capsys.readouterr().err


@pytest.mark.parametrize("status", [401, 404])  # huggingface.co answers 401 for names that it does not have
def test_a_name_that_the_hub_does_not_have_gets_known_ones_near_it(hub: Hub, status: int) -> None:
    hub.absent = status
    with pytest.raises(SegmenterError, match=rf"\(HTTP {status}\).* Did you mean xinlai/LISA-7B-v1\?"):
        download("xinlai/LISA-7B-v2")
    with pytest.raises(SegmenterError, match=rf"\(HTTP {status}\).* Did you mean xinlai/LISA-7B-v1\?"):
        create("lisa", checkpoint="xinlay/LISA-7B-v1").load()
    with pytest.raises(SegmenterError, match=r"OWNER/NAME\. Did you mean xinlai/LISA-7B-v1\?"):
        download("LISA-7B-v1")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("LISA-7B-v1", ["xinlai/LISA-7B-v1"]),
        ("lisa-7b", ["xinlai/LISA-7B-v1", "xinlai/LISA-7B-v1-explanatory"]),
        ("xinlai/LISA-7B-V1-explanatry", ["xinlai/LISA-7B-v1-explanatory"]),
        ("sesam", ["tsunghanwu/SESAME", "tsunghanwu/SESAME_minus"]),
        ("clip-vit-large-patch14", ["openai/clip-vit-large-patch14"]),
        ("xinlai/typo", []),
        ("xinlai/LISA-7B-v1", []),
        ("/data/LISA-7B-v1", []),
        ("./LISA-7B-v1", []),
        ("../LISA-7B-v1", []),
        ("", []),
    ],
)
def test_known_ids_near_a_name(name: str, meant: list[str]) -> None:
    asked = did_you_mean(name)
    assert (asked == "") == (not meant)
    assert re.findall(r"[\w-]+/[\w-]+", asked)[: len(meant)] == meant
    assert "v0" not in asked  # what is not read is not suggested


def test_too_small_a_disk_is_told_before_anything_is_written(hub: Hub, published: Path, tmp_path, monkeypatch) -> None:
    source = Path(shutil.copytree(published / "checkpoint", tmp_path / "source"))
    pickles = sum(path.stat().st_size for path in source.glob("pytorch_model-*.bin"))
    before = sorted(source.iterdir())
    free = 0
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free))
    with pytest.raises(SegmenterError, match=r"are to be downloaded and .* free: make room, .* --cache"):
        download(ID)
    free = pickles - 1
    with pytest.raises(SegmenterError, match=rf"are to be written and {source} has .* free: make room, .* --out"):
        convert(source)
    free = pickles
    with pytest.raises(SegmenterError, match="are to be written"):
        convert(source, tmp_path / "new" / "out")  # which takes the tokenizer and all else along
    assert sorted(source.iterdir()) == before and not (tmp_path / "new").exists()
    convert(source)


def test_without_network_the_error_says_what_to_do_elsewhere(hub: Hub, monkeypatch, capsys) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{taken.getsockname()[1]}")  # nobody listens there
        assert reason_seg("weights", "download", ID) == 1
    told = capsys.readouterr().err
    for words in (
        "cannot be reached",
        f"reason-seg weights download {ID} --cache weights",
        f"rsync -a weights/checkpoints ROBOT:{cache_folder()}/",
        "checkpoints/OWNER/NAME",
        "config.json, tokenizer.model",
        "pytorch_model.bin",
        "vision tower",
    ):
        assert words in told
    assert len(told) < 600 + len(str(cache_folder()))
    assert told.splitlines()[1].startswith("'reason-seg weights")  # a line of its own, to be copied


def test_a_segmenter_downloads_what_it_is_told_to_use(hub: Hub) -> None:
    class Hearing(Listener):
        stages: list[str] = []  # noqa: RUF012 (one listener, one test)

        def stage(self, name: str) -> None:
            self.stages.append(name)

    create("lisa", checkpoint=ID, device="cpu").load(Hearing())
    assert any(stage.startswith("download pytorch_model") for stage in Hearing.stages)
    asked = len(hub.asked)
    create("lisa", checkpoint=ID, device="cpu").load()
    assert len(hub.asked) == asked


def test_a_segmenters_download_can_be_cancelled_and_goes_on(hub: Hub) -> None:
    class Impatient(Listener):
        @property
        def cancelled(self) -> bool:
            return len(hub.fetched()) > 3

    with pytest.raises(Cancelled):
        create("lisa", checkpoint=ID, device="cpu").load(Impatient())
    first = len(hub.fetched())
    create("lisa", checkpoint=ID, device="cpu").load()
    names = hub.fetched()[first:]
    assert len(names) < len(set(hub.fetched()))


def test_a_segmenter_downloads_nothing_that_it_cannot_read(hub: Hub) -> None:
    old = next(known.id for known in CHECKPOINTS if not known.supported)
    with pytest.raises(SegmenterError, match="older layout"):
        create("lisa", checkpoint=old).load()
    assert hub.asked == []


def test_a_segmenter_without_network_says_what_to_do(hub: Hub, monkeypatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{taken.getsockname()[1]}")
        with pytest.raises(SegmenterError) as caught:
            create("lisa", checkpoint=ID).load()
        # A sentence, the command to copy, the layout.
        lines = str(caught.value).splitlines()
        assert f"cannot be reached for {ID} (" in lines[0] and lines[0].endswith("run")
        assert lines[1].startswith("'reason-seg weights") and "&& rsync" in lines[1] and lines[1].endswith("/'")
        assert "config.json" in lines[2] and len(lines) == 3
        with pytest.raises(SegmenterError, match=r"cannot be reached .* Did you mean xinlai/LISA-7B-v1\?"):
            create("lisa", checkpoint="xinlai/LISA-7B-v2").load()


def test_names_become_folders(hub: Hub, published: Path, tmp_path: Path, monkeypatch) -> None:
    checkpoint = published / "checkpoint"
    assert resolve(str(checkpoint)) == checkpoint
    with pytest.raises(SegmenterError, match=f"run 'reason-seg weights download {ID}'"):
        resolve(ID)
    with pytest.raises(SegmenterError, match="there is no folder /nowhere/at/all"):
        resolve("/nowhere/at/all")
    with pytest.raises(SegmenterError, match=r"no folder LISA-7B-v1: .* Did you mean xinlai/LISA-7B-v1\?$"):
        resolve("LISA-7B-v1")
    with pytest.raises(SegmenterError, match=r"weights download xinlai/LISA-7B-v2' .* Did you mean xinlai/LISA-7B-v1"):
        resolve("xinlai/LISA-7B-v2")
    how = r"with --option vision_tower=DIR, or with '{vision_tower: DIR}' in the node's parameter segmenter_options$"
    with pytest.raises(SegmenterError, match=f"names no vision tower: .*{how}"):
        resolve_tower("", checkpoint)
    with pytest.raises(SegmenterError, match=rf"weights download {TOWER_ID}' .*\. Or set .*{how}"):
        resolve_tower(TOWER_ID, checkpoint)
    with pytest.raises(
        SegmenterError, match=f"there is no vision tower in {checkpoint / 'clip'} or {Path('clip').absolute()}: .*{how}"
    ):
        resolve_tower("clip", checkpoint)
    own = make_checkpoint(tmp_path / "own")
    assert resolve_tower("clip", own) == own / "clip"
    assert resolve_tower(str(published / "tower"), own) == published / "tower"
    shutil.copytree(published / "tower", own / "clip-tiny")
    assert resolve_tower(TOWER_ID, own) == own / "clip-tiny"
    copied = tmp_path / "robot" / "checkpoints" / "somebody" / "LISA-tiny"
    shutil.copytree(checkpoint, copied)
    assert resolve(ID, tmp_path / "robot") == copied


def test_snapshots_of_huggingface_hub_are_found(published: Path, tmp_path: Path) -> None:
    repository = tmp_path / "hub" / "models--somebody--LISA-tiny"
    snapshot = repository / "snapshots" / REVISION
    shutil.copytree(published / "checkpoint", snapshot)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(REVISION)
    code = f"from reason_seg_ros.segmenters.lisa.weights.cache import resolve; print(resolve({ID!r}))"
    # huggingface_hub reads its variables when it is imported.
    environment = os.environ | {"HF_HUB_CACHE": str(tmp_path / "hub"), "REASON_SEG_CACHE": str(tmp_path / "none")}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert Path(done.stdout.strip()) == snapshot


def findings(folder: Path) -> list[str]:
    return [finding.text for finding in verify(folder) if not finding.good]


def test_verify_tells_what_is_wrong(tmp_path: Path, capsys) -> None:
    folder = make_checkpoint(tmp_path / "c", file_format="sharded")
    assert findings(folder) == []
    assert findings(folder / "clip") == []
    shard = folder / "pytorch_model-00001-of-00002.bin"
    kept = shard.read_bytes()
    shard.unlink()
    assert any(shard.name in text for text in findings(folder))
    shard.write_bytes(kept[: len(kept) // 2])
    [told] = findings(folder)
    assert told.startswith("weights: ") and "damaged or incomplete" in told and "miniz" not in told
    assert reason_seg("weights", "convert", folder) == 1
    assert told.removeprefix("weights: ") in capsys.readouterr().err
    shard.write_bytes(kept)
    tensors = torch.load(shard, weights_only=True)
    del tensors["lm_head.weight"]
    torch.save(tensors, shard)
    [told] = findings(folder)
    assert "lacks lm_head.weight" in told
    shard.write_bytes(kept)
    (folder / "tokenizer.model").unlink()
    assert any(text.startswith("tokenizer:") for text in findings(folder))
    shutil.rmtree(folder / "clip")
    assert any(text.startswith("vision tower:") for text in findings(folder))
    (folder / "model.safetensors.part").touch()
    assert any("broken off" in text for text in findings(folder))
    assert reason_seg("weights", "verify", folder, "--quick") == 1
    assert "BAD  tokenizer:" in capsys.readouterr().out


def test_verify_compares_checksums(hub: Hub) -> None:
    folder, _ = download(ID)
    config = folder / "config.json"
    config.write_text(config.read_text().replace('"bos_token_id": 1', '"bos_token_id": 2'))
    assert findings(folder) == [
        "config.json: has another checksum than the publisher's: delete it and download it again"
    ]
    config.write_text(config.read_text() + " ")
    assert any("bytes instead of" in text for text in findings(folder))
    (folder / "added_tokens.json").unlink()
    assert any(text.startswith("added_tokens.json: is missing") for text in findings(folder))


def test_a_tower_that_transformers_5_saved_is_whole(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "c")
    weights = folder / "clip" / "model.safetensors"
    saved = {name.removeprefix("vision_model."): tensor for name, tensor in load_file(weights).items()}
    save_file(saved, weights, metadata={"format": "pt"})
    assert findings(folder) == []


def test_a_whole_model_that_leaves_the_image_size_open_is_a_tower(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "c", full_tower=True)
    path = folder / "clip" / "config.json"
    config = json.loads(path.read_text())
    del config["vision_config"]["image_size"]
    path.write_text(json.dumps(config))
    assert findings(folder) == []
    create("lisa", checkpoint=str(folder)).load()


def test_a_tokenizer_of_another_checkpoint_is_told(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "c", layout="lisa_plus")
    make_tokenizer(folder, layout(*VICUNA_LAYOUT))
    [told] = findings(folder)
    assert told.startswith("tokenizer: the tokenizer has tokens up to 643, the checkpoint's embeddings end at 640")


def test_a_tower_that_does_not_fit_is_told(tmp_path: Path) -> None:
    folder = make_checkpoint(tmp_path / "c")
    config = json.loads((folder / "clip" / "config.json").read_text())
    (folder / "clip" / "config.json").write_text(json.dumps(config | {"image_size": 336}))
    [told] = findings(folder)
    assert "position_embedding.weight is [257, 32] instead of [577, 32]" in told


@pytest.mark.parametrize("file_format", ["bin", "sharded"])
@pytest.mark.parametrize("shard_bytes", [5_000_000_000, 3_000_000])
def test_converted_tensors_are_the_same(tmp_path: Path, file_format: str, shard_bytes: int) -> None:
    source = make_checkpoint(tmp_path / "c", file_format=file_format)
    # Published checkpoints keep SAM in fp32 beside bf16.
    first = sorted(source.glob("pytorch_model*.bin"))[0]
    tensors = torch.load(first, weights_only=True)
    tensors["lm_head.weight"] = tensors["lm_head.weight"].float()
    tensors["lm_head.weight"][0, 0] = torch.nan
    torch.save(tensors, first)
    before = weights(source)
    files = convert(source, shard_bytes=shard_bytes)
    after = weights(source)
    assert before.keys() == after.keys()
    for name, value in before.items():
        assert after[name].dtype == value.dtype
        assert torch.equal(after[name].view(torch.uint8), value.view(torch.uint8))
    assert (len(files) > 1) == (shard_bytes < 5_000_000)
    if len(files) > 1:
        index = json.loads((source / "model.safetensors.index.json").read_text())
        assert index["metadata"]["total_size"] == sum(value.nbytes for value in before.values())
        assert {source / name for name in index["weight_map"].values()} == set(files)
    assert not list(source.glob(".convert*"))
    assert findings(source) == []
    with pytest.raises(SegmenterError, match="nothing to convert"):
        convert(source)


def test_tensors_that_share_memory_are_written_each(tmp_path: Path) -> None:
    one = torch.arange(12.0).reshape(3, 4)
    torch.save({"whole": one, "same": one, "rows": one[1:], "turned": one.T}, tmp_path / "pytorch_model.bin")
    [file] = convert(tmp_path)
    written = load_file(file)
    assert torch.equal(written["whole"], one) and torch.equal(written["same"], one)
    assert torch.equal(written["rows"], one[1:]) and torch.equal(written["turned"], one.T)


def test_converting_into_a_new_folder_takes_everything_else_along(hub: Hub, tmp_path: Path, capsys) -> None:
    download(ID)
    out = tmp_path / "out" / "LISA-tiny"
    assert reason_seg("weights", "convert", ID, "--out", out) == 0
    assert f"written: {out / 'model.safetensors'}" in capsys.readouterr().out
    assert {path.name for path in out.iterdir()} == {
        *("model.safetensors", "config.json", "LICENSE.txt", "tokenizer.model", "tokenizer_config.json"),
        *("added_tokens.json", "special_tokens_map.json"),
    }
    assert reason_seg("weights", "verify", out) == 0
    assert reason_seg("weights", "convert", ID, "--out", out) == 1
    assert "exists already" in capsys.readouterr().err
    # Beside the pickles, which can then go.
    folder = resolve(ID)
    (folder / ".convert-broken-off").mkdir()
    convert(folder)
    for path in folder.glob("pytorch_model*"):
        path.unlink()
    assert resolve(ID) == folder and findings(folder) == []


class Bomb:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, ("exploded",)


@pytest.mark.parametrize("legacy", [False, True])
def test_a_pickle_with_a_program_in_it_is_refused(tmp_path: Path, monkeypatch, legacy: bool, capsys) -> None:
    monkeypatch.chdir(tmp_path)
    source = make_checkpoint(tmp_path / "c")
    tensors = torch.load(source / "pytorch_model.bin", weights_only=True)
    torch.save(
        {**tensors, "lm_head.bias": Bomb()}, source / "pytorch_model.bin", _use_new_zipfile_serialization=not legacy
    )
    assert reason_seg("weights", "convert", source) == 1
    told = capsys.readouterr().err
    assert "holds more than tensors" in told and "pytorch_model.bin" in told
    assert reason_seg("weights", "verify", source) == 1
    (source / "pytorch_model.bin").write_bytes(pickle.dumps(Bomb(), protocol=2))
    assert reason_seg("weights", "convert", source) == 1
    assert not (tmp_path / "exploded").exists()
    assert not list(source.glob("*.safetensors"))


def test_the_list_is_readable(hub: Hub, capsys) -> None:
    download(ID)
    (cache_folder() / "checkpoints" / "xinlai" / "LISA-7B-v1").mkdir(parents=True)
    shutil.copytree(resolve_tower(TOWER_ID, Path()), cache_folder() / "checkpoints" / TOWERS[0].id)
    capsys.readouterr()
    assert reason_seg("weights", "list") == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 100
    assert any("a checkpoint's vision tower comes on top" in line for line in lines)
    [minus] = [line for line in lines if "SESAME_minus" in line and "mit" in line]
    assert "absent" not in minus  # it was trained without things that are not there
    for known in (*CHECKPOINTS, *TOWERS):
        assert any(known.id in line and known.licence in line for line in lines)
    assert any(line.startswith("~ xinlai/LISA-7B-v1 ") for line in lines)
    assert any(line.startswith(f"+ {TOWERS[0].id} ") for line in lines)
    assert any(line.startswith(f"  {TOWERS[1].id} ") for line in lines)


def test_checksums_of_known_files_are_sha256() -> None:
    for known in (*CHECKPOINTS, *TOWERS):
        for sha256 in known.sha256.values():
            assert len(sha256) == 64 and int(sha256, 16)


def test_help_of_every_command(capsys) -> None:
    for command in ("list", "download", "verify", "convert"):
        assert reason_seg("weights", command, "--help") == 0
        assert f"usage: reason-seg weights {command}" in capsys.readouterr().out
    assert reason_seg("weights") == 2
