package io.apexstore.bench.load;

import java.util.Iterator;
import java.util.List;

/**
 * How much is loaded, and into how little.
 *
 * @param gigabytes live data in units of 10^9 bytes: keys and values, before compression
 * @param heap the largest heap, as the JVM wants it said
 * @param budgetMib what the store may take outside the heap, in MiB: memtables, block cache,
 *     filters and indexes
 * @param folder where the store is made; empty for the bench's own
 */
public record LargeOptions(double gigabytes, String heap, int budgetMib, String folder) {
  /** 10 GB with 128 MiB of heap and 256 MiB outside of it. */
  public static final LargeOptions TEN_GIGABYTES = new LargeOptions(10, "128m", 256, "");

  /**
   * Reads the arguments behind the command's name.
   *
   * @throws IllegalArgumentException saying what is wrong
   */
  public static LargeOptions parse(List<String> arguments) {
    LargeOptions options = TEN_GIGABYTES;
    Iterator<String> rest = arguments.iterator();
    while (rest.hasNext()) {
      String name = rest.next();
      if (!rest.hasNext()) {
        throw new IllegalArgumentException(name + " wants a value");
      }
      options = options.with(name, rest.next());
    }
    return options;
  }

  private LargeOptions with(String name, String value) {
    return switch (name) {
      case "--gb" -> new LargeOptions(Double.parseDouble(value), heap, budgetMib, folder);
      case "--heap" -> new LargeOptions(gigabytes, value, budgetMib, folder);
      case "--budget" -> new LargeOptions(gigabytes, heap, Integer.parseInt(value), folder);
      case "--dir" -> new LargeOptions(gigabytes, heap, budgetMib, value);
      default -> throw new IllegalArgumentException("unknown argument " + name);
    };
  }

  LargeOptions in(String newFolder) {
    return new LargeOptions(gigabytes, heap, budgetMib, newFolder);
  }

  /** How many keys that is. */
  long keys() {
    return (long) (gigabytes * 1e9 / LargeData.ENTRY_BYTES);
  }

  List<String> arguments() {
    return List.of(
        "--gb",
        Double.toString(gigabytes),
        "--heap",
        heap,
        "--budget",
        Integer.toString(budgetMib),
        "--dir",
        folder);
  }
}
