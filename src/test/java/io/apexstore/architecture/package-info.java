/**
 * The rules of the code base as tests.
 *
 * <ul>
 *   <li>{@link io.apexstore.architecture.ArchitectureTest} checks the shipped classes: which
 *       package may use which ({@link io.apexstore.architecture.Layers}), and which libraries and
 *       JDK features only some packages may use ({@link io.apexstore.architecture.Rules}).
 *   <li>{@link io.apexstore.architecture.SourceRulesTest} checks the source files: descriptions of
 *       packages, comments on public members, unique names.
 *   <li>{@link io.apexstore.architecture.TestGroupsTest} checks the tests: a slow one carries a
 *       tag, so that {@code scripts/check --fast} leaves it out.
 * </ul>
 *
 * <p>Each rule is itself tested: the package {@code fixture} contains classes that violate them on
 * purpose.
 */
@NullMarked
package io.apexstore.architecture;

import org.jspecify.annotations.NullMarked;
