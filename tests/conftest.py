from pathlib import Path

import pytest
from hypothesis import settings

# a busy machine is no failure
settings.register_profile("megaregion", deadline=None)
settings.load_profile("megaregion")

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real data that is not part of the repository."""
    if not SHARED_DATA.is_dir():
        pytest.skip("the real data in ../shared/data are not at hand")
    return SHARED_DATA
