"""The tiny checkpoints are laid out as the published ones are, and do what their makers say."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from segment_anything.modeling import ImageEncoderViT, MaskDecoder, PromptEncoder, TwoWayTransformer
from tiny_lisa import EMBEDDING_WIDTH, HIDDEN, INTERMEDIATE, LAYERS, SAM, make_checkpoint, tiny_frame
from tiny_lisa_masks import EACH, SOME
from tiny_lisa_script import Words

PROMPT = (
    "A chat between a curious human and an artificial intelligence assistant. The assistant gives helpful, detailed, "
    "and polite answers to the human's questions. USER: <im_start><image><im_end>\n{} ASSISTANT:"
)
SCRIPTS = {
    "": "Sure, it is [SEG].",
    "mug": "No mug in this image.",
    "people": "They are [SEG], [SEG] and [SEG].",
    "spoon": "Sure, the segmentation result is [SEG]. The spoon is something I can stir my tea with.",
}


def published_shapes(vocabulary: int, projector: str) -> dict[str, tuple[int, ...]]:
    """Names and shapes as the published state dicts have them, with tiny widths."""
    h, i, e = HIDDEN, INTERMEDIATE, int(SAM["encoder_embed_dim"])
    shapes: dict[str, tuple[int, ...]] = {
        "model.embed_tokens.weight": (vocabulary, h),
        "lm_head.weight": (vocabulary, h),
        "model.norm.weight": (h,),
        "model.text_hidden_fcs.0.0.weight": (h, h),
        "model.text_hidden_fcs.0.0.bias": (h,),
        "model.text_hidden_fcs.0.2.weight": (256, h),
        "model.text_hidden_fcs.0.2.bias": (256,),
    }
    for n in range(LAYERS):
        shapes |= {f"model.layers.{n}.self_attn.{x}_proj.weight": (h, h) for x in "qkvo"}
        shapes |= {f"model.layers.{n}.mlp.{x}_proj.weight": (i, h) for x in ("gate", "up")}
        shapes[f"model.layers.{n}.mlp.down_proj.weight"] = (h, i)
        shapes[f"model.layers.{n}.self_attn.rotary_emb.inv_freq"] = (h // 4 // 2,)
        shapes |= {f"model.layers.{n}.{x}_layernorm.weight": (h,) for x in ("input", "post_attention")}
    if projector == "linear":
        shapes |= {"model.mm_projector.weight": (h, 32), "model.mm_projector.bias": (h,)}
    else:
        shapes |= {"model.mm_projector.0.weight": (h, 32), "model.mm_projector.0.bias": (h,)}
        shapes |= {"model.mm_projector.2.weight": (h, h), "model.mm_projector.2.bias": (h,)}
    encoder = {"pos_embed": (1, 64, 64, e), "patch_embed.proj.weight": (e, 3, 16, 16), "patch_embed.proj.bias": (e,)}
    for n in range(2):
        size = 127 if n == 1 else 27
        block = {f"{norm}.{kind}": (e,) for norm in ("norm1", "norm2") for kind in ("weight", "bias")}
        block |= {"attn.qkv.weight": (3 * e, e), "attn.qkv.bias": (3 * e,)}
        block |= {"attn.proj.weight": (e, e), "attn.proj.bias": (e,)}
        block |= {"attn.rel_pos_h": (size, e // 4), "attn.rel_pos_w": (size, e // 4)}
        block |= {"mlp.lin1.weight": (4 * e, e), "mlp.lin1.bias": (4 * e,)}
        block |= {"mlp.lin2.weight": (e, 4 * e), "mlp.lin2.bias": (e,)}
        encoder |= {f"blocks.{n}.{name}": shape for name, shape in block.items()}
    encoder |= {"neck.0.weight": (256, e, 1, 1), "neck.2.weight": (256, 256, 3, 3)}
    encoder |= {f"neck.{n}.{kind}": (256,) for n in (1, 3) for kind in ("weight", "bias")}
    prompt: dict[str, tuple[int, ...]] = {f"point_embeddings.{n}.weight": (1, 256) for n in range(4)}
    prompt |= {"pe_layer.positional_encoding_gaussian_matrix": (2, 128)}
    prompt |= {"not_a_point_embed.weight": (1, 256), "no_mask_embed.weight": (1, 256)}
    for n, weight, bias in ((0, (4, 1, 2, 2), 4), (1, (4,), 4), (3, (16, 4, 2, 2), 16), (4, (16,), 16)):
        prompt |= {f"mask_downscaling.{n}.weight": weight, f"mask_downscaling.{n}.bias": (bias,)}
    prompt |= {"mask_downscaling.6.weight": (256, 16, 1, 1), "mask_downscaling.6.bias": (256,)}
    decoder: dict[str, tuple[int, ...]] = {"iou_token.weight": (1, 256), "mask_tokens.weight": (4, 256)}

    def attention(name: str, inner: int) -> None:
        for x in "qkv":
            decoder.update({f"{name}.{x}_proj.weight": (inner, 256), f"{name}.{x}_proj.bias": (inner,)})
        decoder.update({f"{name}.out_proj.weight": (256, inner), f"{name}.out_proj.bias": (256,)})

    for n in (0, 1):
        layer = f"transformer.layers.{n}"
        attention(f"{layer}.self_attn", 256)
        attention(f"{layer}.cross_attn_token_to_image", 128)
        attention(f"{layer}.cross_attn_image_to_token", 128)
        decoder |= {f"{layer}.norm{k}.{kind}": (256,) for k in (1, 2, 3, 4) for kind in ("weight", "bias")}
        decoder |= {f"{layer}.mlp.lin1.weight": (2048, 256), f"{layer}.mlp.lin1.bias": (2048,)}
        decoder |= {f"{layer}.mlp.lin2.weight": (256, 2048), f"{layer}.mlp.lin2.bias": (256,)}
    attention("transformer.final_attn_token_to_image", 128)
    decoder |= {f"transformer.norm_final_attn.{kind}": (256,) for kind in ("weight", "bias")}
    decoder |= {"output_upscaling.0.weight": (256, 64, 2, 2), "output_upscaling.3.weight": (64, 32, 2, 2)}
    decoder |= {"output_upscaling.0.bias": (64,), "output_upscaling.1.weight": (64,), "output_upscaling.1.bias": (64,)}
    decoder |= {"output_upscaling.3.bias": (32,)}
    for head, last in (*((f"output_hypernetworks_mlps.{n}", 32) for n in range(4)), ("iou_prediction_head", 4)):
        for k, rows in ((0, 256), (1, 256), (2, last)):
            decoder |= {f"{head}.layers.{k}.weight": (rows, 256), f"{head}.layers.{k}.bias": (rows,)}
    for part, found in (("image_encoder", encoder), ("prompt_encoder", prompt), ("mask_decoder", decoder)):
        shapes |= {f"model.visual_model.{part}.{name}": shape for name, shape in found.items()}
    return shapes


@pytest.mark.parametrize(
    ("layout", "projector", "seg"), [("7b", "linear", 3), ("llama2", "mlp2x_gelu", 0), ("lisa_plus", "mlp2x_gelu", 0)]
)
def test_names_and_shapes_are_the_published_ones(tmp_path: Path, layout: str, projector: str, seg: int) -> None:
    folder = make_checkpoint(tmp_path, layout=layout, projector=projector)
    state = torch.load(folder / "pytorch_model.bin", weights_only=True)
    added = json.loads((folder / "added_tokens.json").read_text())
    vocabulary = json.loads((folder / "config.json").read_text())["vocab_size"]
    assert {name: tuple(value.shape) for name, value in state.items()} == published_shapes(vocabulary, projector)
    assert {value.dtype for value in state.values()} == {torch.bfloat16}
    assert sorted(added, key=added.__getitem__).index("[SEG]") == seg
    assert max(added.values()) == vocabulary - 1


def test_the_same_seed_gives_the_same_weights_in_every_format(tmp_path: Path) -> None:
    single = torch.load(make_checkpoint(tmp_path / "a", seed=3) / "pytorch_model.bin", weights_only=True)
    sharded = make_checkpoint(tmp_path / "b", seed=3, file_format="sharded_safetensors")
    weight_map = json.loads((sharded / "model.safetensors.index.json").read_text())["weight_map"]
    assert len(set(weight_map.values())) == 2 and set(weight_map) == set(single)
    for file in set(weight_map.values()):
        for name, value in load_file(sharded / file).items():
            assert weight_map[name] == file
            assert torch.equal(value, single[name])
    other = torch.load(make_checkpoint(tmp_path / "c", seed=4) / "pytorch_model.bin", weights_only=True)
    assert not torch.equal(other["lm_head.weight"], single["lm_head.weight"])


@pytest.mark.parametrize(("px", "full"), [(224, False), (336, True)])
def test_towers_load_into_transformers(tmp_path: Path, px: int, full: bool) -> None:
    from transformers import CLIPVisionConfig, CLIPVisionModel

    folder = make_checkpoint(tmp_path, tower_px=px, full_tower=full) / "clip"
    model = CLIPVisionModel.from_pretrained(folder, config=CLIPVisionConfig.from_pretrained(folder))
    states = model(torch.zeros(1, 3, px, px), output_hidden_states=True).hidden_states
    assert len(states) == 4 and states[-2].shape == (1, (px // 14) ** 2 + 1, 32)
    saved = load_file(folder / "model.safetensors")["vision_model.encoder.layers.1.mlp.fc1.weight"]
    loaded = {name.removeprefix("vision_model."): value for name, value in model.state_dict().items()}
    assert torch.equal(loaded["encoder.layers.1.mlp.fc1.weight"], saved)


class Speaker:
    """The checkpoint's language model in transformers, decoding greedily over the whole prefix."""

    def __init__(self, folder: Path) -> None:
        from transformers import LlamaConfig, LlamaForCausalLM

        config = LlamaConfig(**json.loads((folder / "config.json").read_text()))
        self.state = {
            name: value.float() for name, value in torch.load(folder / "pytorch_model.bin", weights_only=True).items()
        }
        self.model = LlamaForCausalLM(config).eval()
        expected = set(self.model.state_dict())
        self.model.load_state_dict({name: value for name, value in self.state.items() if name in expected})
        self.words = Words(folder)

    @torch.no_grad()
    def say(self, prompt: str, most: int = 40) -> tuple[list[int], torch.Tensor]:
        """New ids, and text_hidden_fcs of the states that predict them: (T, 256)."""
        before, after = prompt.split("<image>")
        embed = self.model.model.embed_tokens
        image = torch.randn(256, 32) * 2 @ self.state["model.mm_projector.weight"].T
        image += self.state["model.mm_projector.bias"]
        x = torch.cat(
            [embed(torch.tensor([1, *self.words.ids(before)])), image, embed(torch.tensor(self.words.ids(after)))]
        )
        ids: list[int] = []
        states = []
        while len(ids) < most and ids[-1:] != [2]:
            hidden = self.model.model(inputs_embeds=x[None]).last_hidden_state[0, -1]
            states.append(hidden)
            ids.append(int(self.model.lm_head(hidden).argmax()))
            x = torch.cat([x, embed(torch.tensor(ids[-1:]))])
        fcs = [self.state[f"model.text_hidden_fcs.0.{n}.{kind}"] for n in (0, 2) for kind in ("weight", "bias")]
        inner = torch.relu(torch.stack(states) @ fcs[0].T + fcs[1])
        return ids, inner @ fcs[2].T + fcs[3]


@pytest.fixture(scope="module")
def speaker(tmp_path_factory: pytest.TempPathFactory) -> Speaker:
    return Speaker(make_checkpoint(tmp_path_factory.mktemp("script"), script=SCRIPTS, mask="each", layout="7b"))


@pytest.mark.parametrize(
    ("question", "keyword"),
    [
        ("I am thirsty. Please output segmentation mask.", ""),
        ("Is there a mug?", "mug"),
        ("the mug of the two people", "people"),
        ("the people behind the mug in this image", "mug"),
        ("What is the spoon in this image? Please respond with segmentation mask.", "spoon"),
    ],
)
def test_the_network_says_its_script(speaker: Speaker, question: str, keyword: str) -> None:
    ids, _ = speaker.say(PROMPT.format(question))
    assert ids == [*speaker.words.ids(SCRIPTS[keyword]), 2]


def test_the_last_keyword_of_a_conversation_counts(speaker: Speaker) -> None:
    earlier = PROMPT.format("the people") + f" {SCRIPTS['people']}</s>USER: and the mug? ASSISTANT:"
    ids, _ = speaker.say(earlier.replace("</s>", ""))
    assert ids == [*speaker.words.ids(SCRIPTS["mug"]), 2]


def test_embeddings_count_the_masks(speaker: Speaker) -> None:
    ids, embeddings = speaker.say(PROMPT.format("the two people"))
    seg = speaker.words.ids("[SEG]")[0]
    found = embeddings[[place for place, token in enumerate(ids) if token == seg]]
    assert torch.allclose(found, 30 * torch.eye(3, EMBEDDING_WIDTH), atol=3)


def test_what_weights_cannot_say_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="go on in two ways"):
        make_checkpoint(tmp_path, script="the mug, the mug, the mug, the mug.")
    with pytest.raises(ValueError, match="has 4 tokens"):
        make_checkpoint(tmp_path, script={"banana": "It is [SEG]."})


@pytest.mark.parametrize("kind", ["empty", "full", "some", "each"])
def test_masks_are_of_the_kind_that_was_asked_for(tmp_path: Path, kind: str) -> None:
    folder = make_checkpoint(tmp_path, script="They are [SEG] and [SEG].", mask=kind)
    texts = torch.zeros(2, 1, EMBEDDING_WIDTH)
    texts[0, 0, 0] = texts[1, 0, 1] = 30
    drawn = sam_logits(folder, torch.randn(1, 3, 1024, 1024), texts) > 0
    blocks = {"empty": [(0, 0, 0, 0)] * 2, "full": [(0, 64, 0, 64)] * 2, "some": [SOME] * 2, "each": EACH[:2]}[kind]
    for mask, (top, bottom, left, right) in zip(drawn, blocks, strict=True):
        wanted = torch.zeros(256, 256, dtype=torch.bool)
        wanted[4 * top : 4 * bottom, 4 * left : 4 * right] = True
        assert torch.equal(mask, wanted)


@torch.no_grad()
def sam_logits(folder: Path, pixels: torch.Tensor, texts: torch.Tensor) -> torch.Tensor:
    """Mask logits of segment-anything's own modules: (N, 256, 256) for (N, 1, 256) embeddings."""
    state = torch.load(folder / "pytorch_model.bin", weights_only=True)

    def filled(module: torch.nn.Module, part: str) -> torch.nn.Module:
        prefix = f"model.visual_model.{part}."
        module.load_state_dict({n.removeprefix(prefix): v.float() for n, v in state.items() if n.startswith(prefix)})
        return module.eval()

    encoder = ImageEncoderViT(
        embed_dim=48,
        depth=2,
        num_heads=4,
        norm_layer=lambda size: torch.nn.LayerNorm(size, eps=1e-6),
        use_rel_pos=True,
        window_size=14,
        global_attn_indexes=(1,),
    )
    prompt = filled(PromptEncoder(256, (64, 64), (1024, 1024), 16), "prompt_encoder")
    transformer = TwoWayTransformer(depth=2, embedding_dim=256, mlp_dim=2048, num_heads=8)
    decoder = filled(MaskDecoder(transformer_dim=256, transformer=transformer), "mask_decoder")
    masks, _ = decoder(
        image_embeddings=filled(encoder, "image_encoder")(pixels),
        image_pe=prompt.get_dense_pe(),
        sparse_prompt_embeddings=texts,
        dense_prompt_embeddings=prompt.no_mask_embed.weight.reshape(1, -1, 1, 1).expand(len(texts), -1, 64, 64),
        multimask_output=False,
    )
    return masks[:, 0]


def test_frames_have_colour_and_depth() -> None:
    frame = tiny_frame(1, (720, 1280))
    assert frame.shape == (720, 1280) and frame.has_depth.all()
    assert frame.color.std() > 40
    assert (frame.color != tiny_frame(2, (720, 1280)).color).any()
