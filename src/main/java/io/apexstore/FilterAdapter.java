package io.apexstore;

import io.apexstore.engine.base.SafeLogger;
import io.apexstore.engine.compaction.UserFilter;
import io.apexstore.engine.iterator.InternalIterator;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The adapter from a {@link CompactionFilter} to the engine. If the filter throws, the entry is
 * kept and the first failure is logged; only a failure of the virtual machine itself is passed on.
 *
 * <p><b>Threads:</b> any.
 */
final class FilterAdapter implements UserFilter {
  private static final Logger LOG = SafeLogger.of(FilterAdapter.class);

  private final String keyspace;
  private final CompactionFilter filter;
  private final AtomicBoolean reported = new AtomicBoolean();

  FilterAdapter(String keyspace, CompactionFilter filter) {
    this.keyspace = keyspace;
    this.filter = filter;
  }

  @Override
  public boolean keeps(InternalIterator put) {
    byte[] value =
        put.valueSegment()
            .asSlice(put.valueOffset(), put.valueLength())
            .toArray(ValueLayout.JAVA_BYTE);
    try {
      return filter.keeps(Arrays.copyOf(put.key(), put.keyLength()), value, put.version());
    } catch (Throwable e) {
      if (e instanceof VirtualMachineError fatal && !(e instanceof StackOverflowError)) {
        throw fatal;
      }
      if (reported.compareAndSet(false, true)) {
        LOG.log(
            Level.WARNING,
            "the compaction filter of keyspace " + keyspace + " failed; such entries are kept",
            e);
      }
      return true;
    }
  }
}
