"""What a process that runs submitted code may know of the environment."""

from collections.abc import Mapping

_KEPT = frozenset(
    {
        "PATH", "LANG", "LANGUAGE", "TZ", "TZDIR", "VIRTUAL_ENV", "CONDA_PREFIX", "CONDA_DEFAULT_ENV",
        "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "PATHEXT", "COMSPEC",
        "NUMBER_OF_PROCESSORS", "PROCESSOR_ARCHITECTURE", "PYTHONHASHSEED", "PYTHONUTF8", "PYTHONIOENCODING",
        "R_HOME", "R_LIBS", "JULIA_DEPOT_PATH", "JAVA_HOME", "PROJ_DATA", "PROJ_LIB", "GDAL_DATA",
        "FONTCONFIG_PATH", "FONTCONFIG_FILE", "SSL_CERT_FILE", "SSL_CERT_DIR", "SOURCE_DATE_EPOCH",
    }
)  # fmt: skip
_ALWAYS = {
    # libraries start a thread for each processor when they are imported, and a process with threads cannot be forked
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "NUMEXPR_NUM_THREADS": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
    "BLIS_NUM_THREADS": "1",
    # what a notebook server tells its kernels; read once, when pyplot is imported
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    # the account that the code runs under may have no name of its own
    "USER": "learner",
    "LOGNAME": "learner",
}


def clean_environment(env: Mapping[str, str]) -> dict[str, str]:
    """What of ``env`` is not private, and what every kernel gets. A list of what stays: a secret can have any name."""
    kept = {name: value for name, value in env.items() if name.upper() in _KEPT or name.startswith("LC_")}
    return {**kept, **_ALWAYS}
