"""From options to a model that can answer: checkpoint, tokenizer, device, memory, warm-up."""

from __future__ import annotations

import logging
from pathlib import Path

from ..base import Listener
from .checkpoint.load import Checkpoint, attach_tower
from .config import CheckpointConfig
from .device import choose_device, choose_precision, set_up_cuda
from .fit import check_memory, free_memory
from .generation.decoder import Decoder
from .memory.budget import GB, Budget
from .model import LisaModel
from .options import ConversationStyle, Family, Options
from .prompts.context import Context
from .prompts.conversation import style_of
from .prompts.tokenizer import Tokenizer
from .tower_config import TowerConfig
from .weights.obtain import obtain, obtain_tower

_log = logging.getLogger(__name__)


def load_model(options: Options, listener: Listener | None = None) -> LisaModel:
    """Load what the options name.

    Raises:
        SegmenterError: if something is missing, does not fit together, or needs more memory than there is.
        Cancelled: if the listener no longer wants it.
    """
    listener = listener or Listener()
    listener.stage("checkpoint")
    device = choose_device(options.device)
    precision = choose_precision(options.precision, device)
    checkpoint = Checkpoint.open(obtain(options.checkpoint, listener))
    config = checkpoint.config
    tower = obtain_tower(options.vision_tower or config.vision_tower, config.folder, listener)
    tower_config = TowerConfig.read(tower)
    tower_config.check_width(config.vision_width, tower)
    tokenizer = Tokenizer.load(Path(options.tokenizer).expanduser() if options.tokenizer else config.folder)
    tokenizer.check_fits(config.vocabulary)
    capacity = _capacity(options.context, config)
    family = config.family if options.family is Family.AUTO else options.family
    image_tokens = tower_config.patches + (config.select_feature == "cls_patch")
    context = _context(options, config, tokenizer, family, image_tokens, capacity)
    budget = Budget.of(checkpoint, tower, precision, capacity)
    free = free_memory(device)
    _log.info("the model will need %s; %s has %.1f GB to give", budget, device, free / GB)
    check_memory(budget, free, str(device))
    if device.type == "cuda":
        set_up_cuda(precision)
    network = checkpoint.load(device, precision, listener)
    listener.stage("vision tower")
    attach_tower(network, config, tower, options.clip_crop)
    network.language_model.prepare(capacity)
    model = LisaModel(
        network, tokenizer, family, context, Decoder(network, tokenizer.eos_id, capacity, options.kv_cache)
    )
    if device.type == "cuda":
        listener.stage("warm up")
        model.warm_up()
    return model


def _context(
    options: Options, config: CheckpointConfig, tokenizer: Tokenizer, family: Family, image_tokens: int, capacity: int
) -> Context:
    automatic = options.conversation is ConversationStyle.AUTO
    return Context(
        tokenizer=tokenizer,
        style=style_of(family) if automatic else options.conversation,
        # LISA++ has no tokens for it, whatever its config says.
        use_im_start_end=config.use_im_start_end and tokenizer.im_start_id is not None,
        image_tokens=image_tokens,
        capacity=capacity,
        answer_room=options.max_new_tokens,
    )


def _capacity(wanted: int, config: CheckpointConfig) -> int:
    """Tokens that a conversation may have."""
    if wanted > config.max_positions:
        _log.warning(
            "the option context is %d, the model was trained for %d: that is used", wanted, config.max_positions
        )
    return min(wanted or config.usual_context, config.max_positions)
