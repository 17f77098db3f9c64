package io.apexstore;

import io.apexstore.engine.io.Storage;
import java.util.function.UnaryOperator;

/** Ways into a store that only tests have. */
public final class StoreSeams {
  private StoreSeams() {}

  /** Opens a store with something between it and its files. */
  public static ApexStore open(ApexStore.Builder builder, UnaryOperator<Storage> wrapper) {
    return builder.storage(wrapper).open();
  }
}
