"""Trains a model with Rasa's engine and keeps it under the fingerprint of its inputs."""

import logging
import os
import shutil
import tempfile
import warnings
from pathlib import Path

os.environ["RASA_TELEMETRY_ENABLED"] = "false"  # before Rasa is imported
os.environ["RASA_MAX_CACHE_SIZE"] = "0"  # otherwise training writes .rasa/ into the working directory

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # pkg_resources and Sanic complain while Rasa is imported
    import pkg_resources  # noqa: F401 - first, because Sanic switches DeprecationWarning on again
    from rasa.engine.caching import LocalTrainingCache
    from rasa.engine.recipes.graph_recipe import GraphV1Recipe
    from rasa.engine.runner.dask import DaskGraphRunner
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.engine.training.graph_trainer import GraphTrainer
    from rasa.shared.data import TrainingType
    from rasa.shared.exceptions import RasaException
    from rasa.shared.importers.importer import TrainingDataImporter
    from rasa.shared.utils.io import read_yaml_file

from bot.nlu.errors import TrainingError

logging.getLogger("rasa").setLevel(logging.ERROR)  # it warns on every run that the graph recipe is experimental


def train_model(config: Path, nlu_data: Path, archive: Path) -> None:
    """Train on a Rasa NLU file or folder and write the model archive; raises TrainingError."""
    if not nlu_data.exists():
        raise TrainingError(f"Die Trainingsdaten {nlu_data} gibt es nicht.")
    archive.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Rasa marks the graph recipe as experimental on every call
        try:
            _run_training(config, nlu_data, archive, Path(folder))
        except (RasaException, ValueError, OSError) as error:
            raise TrainingError(f"Das Training ist gescheitert: {error}") from error


def _run_training(config: Path, nlu_data: Path, archive: Path, folder: Path) -> None:
    recipe = GraphV1Recipe()
    model_configuration = recipe.graph_config_for_recipe(read_yaml_file(config), {}, TrainingType.NLU)
    importer = TrainingDataImporter.load_nlu_importer_from_config(str(config), training_data_paths=[str(nlu_data)])
    if not importer.get_nlu_data().intent_examples:
        raise TrainingError(f"In {nlu_data} steht kein Trainingssatz im Rasa-Format.")
    (folder / "storage").mkdir()
    storage = LocalModelStorage.create(folder / "storage")
    trainer = GraphTrainer(storage, LocalTrainingCache(), DaskGraphRunner)
    packed = folder / "model.tar.gz"
    trainer.train(model_configuration, importer, packed, force_retraining=True)
    # a neighbour of the target, so that the last step is one rename and never half a file
    partial = archive.with_name(f".{archive.name}.{os.getpid()}")
    shutil.copyfile(packed, partial)
    partial.replace(archive)
