/**
 * Single methods under JMH. After {@code scripts/bench --list} has built the classes, {@code java
 * -cp … org.openjdk.jmh.Main} runs them.
 */
@NullMarked
package io.apexstore.bench.micro;

import org.jspecify.annotations.NullMarked;
