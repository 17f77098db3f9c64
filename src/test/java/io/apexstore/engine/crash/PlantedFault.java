package io.apexstore.engine.crash;

import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.io.AppendFile;
import io.apexstore.engine.io.RegionFile;
import io.apexstore.engine.io.Storage;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Ways to break the engine's promises from behind, each of which the power cuts must find. */
enum PlantedFault {
  /** None. */
  NONE {
    @Override
    ForwardingStorage process(Storage storage) {
      return new ForwardingStorage(storage);
    }
  },

  /** The log is never synced. */
  NO_SYNC {
    @Override
    ForwardingStorage process(Storage storage) {
      return new ForwardingStorage(storage) {
        @Override
        void syncRegion(RegionFile file) {
          // As if it had been done.
        }
      };
    }
  },

  /** The directory is never synced. */
  NO_DIRECTORY_SYNC {
    @Override
    ForwardingStorage process(Storage storage) {
      return new ForwardingStorage(storage) {
        @Override
        public void syncDirectory() throws IOException {
          checkAlive();
        }
      };
    }
  },

  /** An edit that replaces tables is synced only after the old tables were deleted, not before. */
  DELETE_BEFORE_MANIFEST_SYNC {
    @Override
    ForwardingStorage process(Storage storage) {
      return new ForwardingStorage(storage) {
        private boolean tablesMade;
        private @Nullable AppendFile unsynced;
        private int writesSince;

        @Override
        void syncAppend(String name, AppendFile file) throws IOException {
          if (name.startsWith(FileNames.MANIFEST) && tablesMade) {
            unsynced = file;
            writesSince = 0;
            tablesMade = false;
          } else {
            super.syncAppend(name, file);
          }
        }

        @Override
        void beforeWrite(String name) throws IOException {
          // The first write after it is the mark that it was synced.
          if (name.startsWith(FileNames.MANIFEST) && ++writesSince > 1) {
            syncLate();
          }
        }

        @Override
        void beforeNameChange(String name) throws IOException {
          tablesMade |= name.endsWith(FileNames.TABLE_SUFFIX);
          if (!name.endsWith(FileNames.TABLE_SUFFIX)) {
            syncLate();
          }
        }

        private void syncLate() throws IOException {
          AppendFile manifest = unsynced;
          unsynced = null;
          if (manifest != null) {
            manifest.sync();
          }
        }
      };
    }
  },

  /** A new file of keys takes the place of the old one before it is durable. */
  KEYS_NOT_SYNCED {
    @Override
    ForwardingStorage process(Storage storage) {
      return new ForwardingStorage(storage) {
        @Override
        void syncAppend(String name, AppendFile file) throws IOException {
          if (!name.startsWith(FileNames.KEYS)) {
            super.syncAppend(name, file);
          }
        }
      };
    }
  },

  /** What has expired is deleted whatever was written to its key since somebody looked at it. */
  SWEPT_UNCONDITIONALLY {
    @Override
    ForwardingStorage process(Storage storage) {
      return new ForwardingStorage(storage);
    }
  },

  /** A sync of the log returns before it is done; it is done when the log is next written. */
  ACKNOWLEDGED_BEFORE_SYNC {
    @Override
    ForwardingStorage process(Storage storage) {
      return new ForwardingStorage(storage) {
        private @Nullable RegionFile unsynced;

        @Override
        void syncRegion(RegionFile file) throws IOException {
          syncLate();
          unsynced = file;
        }

        @Override
        void beforeWrite(String name) throws IOException {
          syncLate();
        }

        @Override
        void beforeNameChange(String name) throws IOException {
          syncLate();
        }

        private void syncLate() throws IOException {
          RegionFile region = unsynced;
          unsynced = null;
          if (region != null) {
            region.sync();
          }
        }
      };
    }
  };

  /** Returns the storage as one process sees it. */
  abstract ForwardingStorage process(Storage storage);
}
