/** What is measured: each job prepares a store, runs rounds on it and says what came out. */
@NullMarked
package io.apexstore.bench.job;

import org.jspecify.annotations.NullMarked;
