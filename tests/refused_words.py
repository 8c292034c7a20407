"""Words that are refused in names and in prose, each with the term to take.

A name is what a medical-imaging engineer would type into a search box; one word has one meaning in the whole project.
"""

from __future__ import annotations

PROSE = {
    "road": "pipeline",
    "door": "entry point",
    "house": "project, package",
    "room": "package; of space, margin or space",
    "floor": "layer; of the number below, np.floor",
    "crumb": "small component",
    "fate": "parameters",
    "told": "requested, stated, printed, distinguished, decided",
    "doubt": "warning, uncertain",
    "wish": "option",
}
"""Word -> what to say: in docs, docstrings and comments, and as a part of any name; in the plural too."""

ANYWHERE = {
    "chance": "probability; of random numbers, generator or rng",
    "chances": "probabilities",
    "away": "side_score",
    "turns": "upright, rotation",
    "quarters_to_upright": "rotation_to_upright",
    "upright_chances": "predict_upright",
    "restore_chances": "argmax_on_scan",
    "sample_planes": "resample_to_grid",
    "SURE": "MIN_CONFIDENCE",
    "tidy": "postprocess",
    "cleanup": "postprocess",
    "sort_parts": "assign_components",
    "LOOKS": "TTA_SHIFTS, LOCATE_SLICES",
    "Square": "FieldOfView",
    "shown": "resolve_kind, displayed",
    "Shown": "PictureKind",
    "objection": "rejection",
    "Place": "what it is the position of",
    "abreast": "batch.engine",
    "left_out": "skipped_images, dropped",
    "MARK": "SIGNATURE",
    "is_ours": "is_pleura_output",
    "replacing": "atomic_write",
    "record_of": "read_sidecar",
    "write_record": "write_sidecar",
    "planar": "is_picture",
}
"""Name -> what to call it, in every file; underscores in front do not count."""

IN_PACKAGE = {
    "reading": {
        "dicom_objects": "sop_classes",
        "header_of": "parse_header",
        "Meaning": "Intensity",
        "is_litter": "is_system_file",
        "sniff": "file_format",
        "radiograph_grey": "voi",
        "SHORT": "CHEST_COVERAGE",
    },
    "inference": {
        "HALF": "encoding.ZERO",
        "LUNGS": "SIDED_LUNGS; of labels, labels.LUNGS",
        "STEPS": "encoding.STEPS_PER_LOGIT",
        "SHARPNESS": "encoding.STEPS_PER_LOGIT",
        "square": "fov",
        "restore": "resample_to_scan",
        "with_condition": "with_convention_channel",
        "conditions": "conventions",
        "kept_session": "cached_session",
        "available_threads": "cpu_count",
        "settle_sides": "resolve_sides",
        "FILE_SAYS": "ORIENTATION_PRIOR",
        "LEANING": "POSITION_BIAS",
    },
    "networks": {
        "HALF": "encoding.ZERO",
        "STEPS": "encoding.STEPS_PER_LOGIT",
        "Overview": "GlobalContext",
        "fold": "fold_batchnorm",
        "unfold": "unfold_batchnorm",
        "begin_with": "load_matching_weights",
    },
    "training": {
        "film": "radiograph",
        "Film": "RadiographParams",
        "draw_film": "draw_radiograph",
        "veil": "opacity",
        "fade": "contrast",
        "tubes": "catheters",
        "marks": "markers",
        "Look": "IntensityParams",
        "coarse": "downscale",
        "diary": "logger",
        "Diary": "RunLogger",
        "Team": "Distributed",
        "Case": "TrainingCase",
        "Agreement": "ReferenceMasks",
        "leads": "is_main",
        "Sheet": "ValidationCase",
        "guess": "predict_labels",
        "judge": "validate_and_save",
        "average": "ema_decay",
        "strength": "augment_probability",
        "stale": "validations_without_gain",
        "settle": "resolve_config",
        "LUNGS": "labels.RIGHT_AND_LEFT",
    },
    "preparation": {
        "journal": "progress",
        "Journal": "Progress",
        "Seen": "Identified",
        "Named": "ParsedName",
        "meaning": "label_mapping",
        "parts_of": "assign_splits",
        "torn": "on_both_sides",
    },
    "evaluation": {
        "Judged": "Evaluation",
        "judge_files": "evaluate_files",
        "judge_model": "evaluate_model",
        "laid_on": "align",
        "Pair": "AlignedMasks",
        "supposed": "infer_names",
        "CUTS": "THRESHOLDS",
        "tail": "worst_5_percent",
    },
    "serving": {
        "Answer": "ResponseMonitor; of a count that an archive states, ArchiveCount; of HTTP in tests, Response",
        "Answers": "FindResponses",
    },
}
"""Package -> name -> what to call it, in the package and in its tests."""

FUNCTIONS = {
    "reading": {"named": "with_path_in_errors", "opened": "open_NAME", "packed": "in_archive"},
    "inference": {
        "agree": "match_scores_to_labels",
        "pull": "side_gradient",
        "places": "lung_pixels",
        "clean": "clean_NAME",
    },
    "training": {"follow": "update_ema", "keep": "save_checkpoint", "resume": "load_checkpoint"},
    "preparation": {
        "see": "identify",
        "ask": "inspect_mask",
        "make": "convert",
        "looked": "inspect_all",
        "made": "convert_all",
        "laid": "align",
        "written": "save",
        "named": "parse_name",
        "place": "location",
        "attempt": "try_prepare",
        "whole": "to_integer_labels",
    },
    "evaluation": {"stated": "read_names", "told_apart": "labels_distinguished"},
}
"""Package -> name of a function, or of a class -> what to call it: words that are well as the name of a value."""

MODULES = {
    "reading": {"dicom_objects", "values", "summary", "sniff", "radiograph_grey"},
    "inference": {"chances", "turns", "tidy", "cleanup", "scores", "planes", "restore", "shown"},
    "training": {"film", "diary", "start", "sources", "formats"},
    "preparation": {"journal", "meaning", "challenge", "checks"},
    "evaluation": {"evaluate", "surfaces"},
    "writing": {"mark", "place", "record"},
    "cli": {"abreast", "folders", "jobs"},
}
"""Package -> names that no module of it has, nor the file of its tests."""
