/**
 * Power cuts. A seeded workload runs over the engine on one thread while every storage operation is
 * recorded ({@link io.apexstore.engine.crash.CrashRun}); then, for thousands of moments and several
 * ways for a disk to forget, what a power cut would leave is made from the recording, opened, and
 * compared with what the durability contract promises ({@link
 * io.apexstore.engine.crash.CrashCheck}).
 */
@NullMarked
package io.apexstore.engine.crash;

import org.jspecify.annotations.NullMarked;
