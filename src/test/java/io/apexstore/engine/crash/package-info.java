/**
 * Simulated power cuts.
 *
 * <ol>
 *   <li>{@link io.apexstore.engine.crash.CrashRun} runs a seeded workload on the engine, on one
 *       thread, and records every operation of the storage. {@code CrashWorkload}, {@code
 *       CrashConditions} and {@code CrashKeyspaces} draw what it does; {@code CrashHistory} records
 *       what was submitted and acknowledged; {@code CrashFeed} is a consumer of its changes.
 *   <li>{@code PowerCuts} picks steps of the recording and ways in which a disk loses writes. The
 *       state of the disk after such a power cut is an image.
 *   <li>{@link io.apexstore.engine.crash.CrashCheck} opens each image and compares it with the
 *       promises of the durability contract.
 * </ol>
 *
 * <p>{@link io.apexstore.engine.crash.PlantedFault} breaks the engine on purpose: the test must
 * find each of these faults.
 */
@NullMarked
package io.apexstore.engine.crash;

import org.jspecify.annotations.NullMarked;
