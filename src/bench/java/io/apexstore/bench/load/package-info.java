/**
 * Loads of many keys with little memory, checked afterwards. {@link
 * io.apexstore.bench.load.LoadRun} loads keys into a small heap and reads them in order; {@link
 * io.apexstore.bench.load.LargeRun} loads more data than memory can hold. Each runs in its own JVM
 * ({@code ChildRun}).
 */
@NullMarked
package io.apexstore.bench.load;

import org.jspecify.annotations.NullMarked;
