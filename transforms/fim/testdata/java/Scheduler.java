package org.example.jobs;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import static java.util.Objects.requireNonNull;

/** Runs jobs in the order of their priorities. */
@Component(scope = Scopes.SINGLETON)
public final class Scheduler implements AutoCloseable {
    private static final int LIMIT = 16;

    private final Map<String, Job> running = new ConcurrentHashMap<>();
    private final List<Listener<? super Job>> listeners = new ArrayList<>(LIMIT);
    private final Clock clock;

    public Scheduler(Clock clock) {
        this.clock = requireNonNull(clock, "clock");
    }

    public <T extends Job> T submit(T job, Duration delay) {
        if (running.size() >= LIMIT) {
            throw new IllegalStateException("more than " + LIMIT + " jobs");
        }
        job.startAt(clock.instant().plus(delay));
        running.put(job.name(), job);
        for (Listener<? super Job> listener : listeners) {
            listener.submitted(job, delay.toMillis());
        }
        return job;
    }

    @Timed(value = "jobs.poll", percentiles = {0.5, 0.99})
    public List<String> poll() {
        List<String> due = running.values().stream()
            .filter(job -> !job.isDone() && clock.instant().isAfter(job.start()))
            .map(Job::name)
            .sorted()
            .toList();
        // Those that are done make room.
        running.entrySet().removeIf(entry -> entry.getValue().isDone());
        return due;
    }

    void report(Writer out, boolean verbose) throws IOException {
        try (Printer printer = new Printer(out)) {
            for (int i = 0; i < listeners.size(); i++) {
                printer.line(i, listeners.get(i));
            }
            if (verbose) {
                printer.table(
                    running.keySet(),
                    name -> running.get(name).describe(),
                    Printer.<String>byLength());
            }
        }
    }

    @Override
    public void close() {
        Runnable cleanup = () -> {
            running.clear();
            listeners.forEach(Listener::closed);
        };
        switch (clock.mode()) {
            case REAL -> cleanup.run();
            default -> clock.later(cleanup);
        }
    }
}
