package io.apexstore.engine.io;

class MemoryStorageContractTest extends StorageContract {
  @Override
  Storage storage() {
    return new MemoryStorage();
  }
}
