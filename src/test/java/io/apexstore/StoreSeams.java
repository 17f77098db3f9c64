package io.apexstore;

import io.apexstore.engine.io.Storage;
import java.util.function.UnaryOperator;

/** Access to a store that only tests need. */
public final class StoreSeams {
  private StoreSeams() {}

  /** Opens a store with a wrapper around its files. */
  public static ApexStore open(ApexStore.Builder builder, UnaryOperator<Storage> wrapper) {
    return builder.storage(wrapper).open();
  }
}
