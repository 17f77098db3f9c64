package io.apexstore.bench.load;

import java.util.Iterator;
import java.util.List;

/**
 * The options of a run of {@link LargeRun}.
 *
 * @param gigabytes live data in units of 10^9 bytes: keys and values, before compression
 * @param heap the maximum heap, as in the flag -Xmx
 * @param budgetMib the memory of the store outside the heap, in MiB: memtables, block cache,
 *     filters and indexes
 * @param folder the directory of the store; empty: one below target/bench
 */
public record LargeOptions(double gigabytes, String heap, int budgetMib, String folder) {
  /** 10 GB with 128 MiB of heap and 256 MiB outside of it. */
  public static final LargeOptions TEN_GIGABYTES = new LargeOptions(10, "128m", 256, "");

  /**
   * Parses the arguments after the name of the command.
   *
   * @throws IllegalArgumentException if they are wrong; the message describes the error
   */
  public static LargeOptions parse(List<String> arguments) {
    LargeOptions options = TEN_GIGABYTES;
    Iterator<String> rest = arguments.iterator();
    while (rest.hasNext()) {
      String name = rest.next();
      if (!rest.hasNext()) {
        throw new IllegalArgumentException(name + " needs a value");
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

  /** The number of keys. */
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
