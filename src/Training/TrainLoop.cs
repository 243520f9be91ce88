using System.Diagnostics;
using OnnxPipeline.Ort.Engines;

namespace OnnxPipeline.Training;

/// <summary>
/// The training loop, the same for every verb: micro-batches → gradients → clip → update; a row of metrics, evaluation, a checkpoint when
/// they are due. Everything it does follows from the configuration and the step number, so a run goes on from a checkpoint bit for bit.
/// </summary>
public sealed class TrainLoop
{
    private readonly ITrainingEngine _engine;
    private readonly IExamples _train;
    private readonly IExamples? _eval;
    private readonly RunConfig _config;
    private readonly RunFolder _folder;
    private readonly IProgress<TrainProgress>? _progress;
    private readonly ISampler? _sampler;
    private readonly StepPlan _plan;
    private readonly ParameterSettings _settings;
    private readonly long? _totalSteps;
    private readonly int _metric;
    private readonly bool _abandonsSteps;
    private readonly Stopwatch _clock = new();
    private RunState _state = new();
    private float? _gradientNorm;
    private Sample? _sample;

    /// <param name="eval">Null: no evaluation.</param>
    /// <param name="sampler">Shows with every evaluation what the model makes of a text; null: nothing.</param>
    public TrainLoop(ITrainingEngine engine, IExamples train, IExamples? eval, RunConfig config, RunFolder folder, IProgress<TrainProgress>? progress, ISampler? sampler = null)
    {
        (_engine, _train, _eval, _config, _folder, _progress, _sampler) = (engine, train, eval, config, folder, progress, sampler);
        _plan = new(train.Count, config.BatchSize, config.Accumulation, config.Shuffle, config.Seed);
        _settings = new(config, engine.Parameters);
        _totalSteps = config.Steps
            ?? (config.Epochs is { } epochs ? Math.Max((long)Share.RoundedUp(_plan.StepsPerEpoch, epochs), 1) : config.Minutes is null ? _plan.StepsPerEpoch : null);
        _abandonsSteps = engine.Parameters.All(p => p.Trainable); // others may be running statistics, which every micro-batch changes
        if (eval is null && config.EarlyStop is not null)
        {
            throw new TrainingException("--early-stop goes by the evaluation, and there is nothing to evaluate on: give --eval-data (train) or --validation (pretrain).", 64);
        }

        _metric = config.Metric is null ? -1 : (eval?.Metrics ?? []).ToList().IndexOf(config.Metric);
        if (config.Metric is not null && _metric < 0)
        {
            throw new TrainingException($"--metric is {config.Metric}; {(eval is null ? "there is nothing to evaluate on" : eval.Metrics.Count == 0 ? "this run evaluates nothing but its loss" : $"this run evaluates {string.Join(" and ", eval.Metrics)}")}.", 64);
        }
    }

    /// <summary>Trains from the last checkpoint (or the start) to the end.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; the state was saved.</exception>
    /// <exception cref="TrainingException">The loss is no number, or the disk is full; the last checkpoint stands.</exception>
    public RunResult Run(CancellationToken cancellation)
    {
        _engine.UseOptimizer(_settings.Optimizer);
        _state = _folder.Checkpoints.Restore(_engine) ?? Begin();
        var (startTokens, startSeconds) = (_state.Tokens, _state.Seconds);
        using var log = new RunLog(_folder, _state, _eval?.Metrics ?? [], _sampler is not null);
        _clock.Start();
        try
        {
            var done = Done();
            if (_state.Unevaluated || (done && _state.Step > 0 && (_state.PendingSteps > 0 || IsUnevaluated)))
            {
                var rate = _settings.RatesAt(_state.Step - 1, ExpectedSteps())[0];
                if (done)
                {
                    WriteRow(log, rate); // the time ran out in a step that was interrupted
                }

                done = EndStep(log, rate, done, cancellation);
            }

            while (!done)
            {
                cancellation.ThrowIfCancellationRequested();
                var rates = _settings.RatesAt(_state.Step, ExpectedSteps());
                Step(_state.Step, rates, cancellation);
                done = Done();
                Log(log, rates[0], done);
                done = EndStep(log, rates[0], done, cancellation);
                Report(rates[0], startTokens, startSeconds);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            Save(log, best: false);
            throw;
        }

        return Result(RunResult.Finished);
    }

    /// <summary>What may follow a step: an evaluation, a checkpoint. Gives whether the run ends.</summary>
    private bool EndStep(RunLog log, float rate, bool done, CancellationToken cancellation)
    {
        var step = _state.Step - 1;
        var best = false;
        if (IsUnevaluated && (done || Due(_config.EvalEvery, step)))
        {
            _state = _state with { Unevaluated = true };
            best = Evaluate(log, cancellation);
        }

        if (!done && StopsEarly)
        {
            done = true;
            WriteRow(log, rate);
        }

        if (best || done || Due(_config.SaveEvery, step))
        {
            Save(log, best);
        }

        return done;
    }

    private RunState Begin()
    {
        if (_config.Checkpoint is { } checkpoint)
        {
            RuntimeCheckpoint.Load(_engine, checkpoint);
        }

        return new() { OptimizerSteps = _engine.Step };
    }

    /// <summary>Whether there is something to evaluate on, and no evaluation of the parameters as they are.</summary>
    private bool IsUnevaluated => _eval is not null && _state.EvalStep != _state.Step;

    private bool StopsEarly => _state.EvaluationsSinceBest >= _config.EarlyStop;

    private string Reason => StopsEarly
        ? $"stopped early: {_config.EarlyStop} evaluations without a better {_config.Metric ?? "loss"} than {(_metric < 0 ? _state.BestLoss : _state.BestMetric)} (step {_state.BestStep})"
        : _totalSteps is { } steps ? $"all {steps} steps are done" : $"{_config.Minutes} minutes are over";

    /// <summary>The result as run.json has it.</summary>
    public RunResult Result(string status, string? error = null) =>
        new(status, _state.Step, _state.Step > 0 ? _state.Loss : null, _state.EvalLoss, _state.BestLoss, _state.BestStep, _state.Tokens, Math.Round(Seconds, 3), status == RunResult.Finished ? Reason : null, error, _state.BestMetric);

    private double Seconds => _state.Seconds + _clock.Elapsed.TotalSeconds;

    private bool Done() => StopsEarly || (_totalSteps is { } steps ? _state.Step >= steps : Seconds >= _config.Minutes * 60);

    /// <summary>The number of steps that the schedule counts on: known, or from the share of the time that is gone.</summary>
    private double ExpectedSteps()
    {
        if (_totalSteps is { } steps)
        {
            return steps;
        }

        var gone = Math.Clamp(Seconds / (_config.Minutes!.Value * 60), 1e-6, 1);
        return Math.Max(_state.Step / gone, _state.Step + 1);
    }

    /// <summary>One optimizer step; its loss is the weighted mean over its micro-batches.</summary>
    /// <exception cref="OperationCanceledException">Cancelled between two micro-batches; nothing of the step was kept.</exception>
    private void Step(long step, ReadOnlySpan<float> rates, CancellationToken cancellation)
    {
        var micro = _plan.MicroBatches(step);
        var epoch = _plan.EpochOf(step);
        long total = 0;
        for (var i = 0; i < micro; i++)
        {
            total += _train.Counted(epoch, _plan.RowsOf(step, i));
        }

        _engine.ClearGradients();
        double loss = 0;
        _gradientNorm = 0;
        for (var i = 0; i < micro && total > 0; i++)
        {
            var rows = _plan.RowsOf(step, i);
            var weight = (double)_train.Counted(epoch, rows) / total;
            if (weight == 0)
            {
                continue; // nothing counts here: no loss, no gradient
            }

            if (_abandonsSteps)
            {
                cancellation.ThrowIfCancellationRequested();
            }

            _train.Fill(_engine, epoch, rows);
            var part = _engine.ForwardBackward((float)weight, _config.Seed + i, step);
            if (!float.IsFinite(part))
            {
                throw Diverged($"the loss is {part}", step, i, rates[0]);
            }

            loss += weight * part;
        }

        if (total > 0)
        {
            var norm = _engine.GradientNorm();
            _gradientNorm = (float?)norm;
            if (norm is { } found && !double.IsFinite(found))
            {
                throw Diverged($"the gradient norm is {norm}", step, 0, rates[0]);
            }

            var scale = _config.MaxGradNorm is { } limit && norm is not null ? Math.Min(1, limit / (norm.Value + 1e-6)) : 1;
            _engine.OptimizerStep(rates, (float)scale);
        }

        _state = _state with { Step = step + 1, OptimizerSteps = _engine.Step, Tokens = _state.Tokens + total, Loss = (float)loss };
    }

    private TrainingException Diverged(string what, long step, int micro, float rate)
    {
        var rows = _plan.RowsOf(step, micro);
        var named = string.Join(", ", rows[..Math.Min(rows.Length, 8)].ToArray());
        var kept = Directory.Exists(_folder.Checkpoints.Path) ? $"the last checkpoint in {_folder.Checkpoints.Path} stands" : "no checkpoint was saved yet";
        return new(
            $"Step {step + 1}, micro-batch {micro + 1} (examples {named}{(rows.Length > 8 ? ", …" : "")}): {what} at learning rate {rate}. "
            + $"Nothing of this step was kept. Try a lower --lr, a longer --warmup, --max-grad-norm 1, and look for extreme values in these examples; {kept}.");
    }

    private void Log(RunLog log, float rate, bool last)
    {
        _state = _state with { PendingLoss = _state.PendingLoss + _state.Loss, PendingNorm = _state.PendingNorm + (_gradientNorm ?? 0), PendingSteps = _state.PendingSteps + 1 };
        if (_state.PendingSteps >= _config.LogEvery || last)
        {
            WriteRow(log, rate);
        }
    }

    /// <summary>The mean of the steps since the last row, where there are any.</summary>
    private void WriteRow(RunLog log, float rate)
    {
        if (_state.PendingSteps is not (> 0 and var n))
        {
            return;
        }

        log.Add(new(_state.Step, "train", (float)(_state.PendingLoss / n), rate, _gradientNorm is null ? null : (float)(_state.PendingNorm / n), _state.Tokens, Seconds));
        _state = _state with { PendingLoss = 0, PendingNorm = 0, PendingSteps = 0 };
    }

    /// <summary>Whether something that happens every <paramref name="every"/> steps, or at the end of each epoch, is due after step number <paramref name="step"/>.</summary>
    private bool Due(long? every, long step) => every is { } n ? (step + 1) % n == 0 : _plan.EndsEpoch(step);

    /// <summary>The mean loss over the evaluation data, and the metrics; gives whether they are the best so far.</summary>
    /// <exception cref="OperationCanceledException">Cancelled; nothing of this evaluation was kept.</exception>
    private bool Evaluate(RunLog log, CancellationToken cancellation)
    {
        var found = Evaluation.Of(_engine, _eval!, _config.BatchSize, cancellation);
        _sample = _sampler?.After(_state.Step, cancellation);
        log.Add(new(_state.Step, "eval", found.Loss, null, null, _state.Tokens, Seconds), found.Metrics);
        var metric = _metric < 0 ? null : found.Metrics[_metric];
        var better = _state.BestStep is null || (_metric < 0 ? found.Loss < _state.BestLoss || _state.BestLoss is float.NaN : metric > (_state.BestMetric ?? float.NegativeInfinity));
        _state = better
            ? _state with { Unevaluated = false, EvalStep = _state.Step, EvalLoss = found.Loss, BestLoss = found.Loss, BestMetric = metric, BestStep = _state.Step, EvaluationsSinceBest = 0 }
            : _state with { Unevaluated = false, EvalStep = _state.Step, EvalLoss = found.Loss, EvaluationsSinceBest = _state.EvaluationsSinceBest + 1 };
        if (_sample is not null)
        {
            log.AddSample(_sample);
        }

        return better;
    }

    private void Save(RunLog log, bool best)
    {
        log.Sync();
        _folder.Save(_engine, _state with { Seconds = Seconds }, best, _config.KeepSteps, _config.Lr);
        Files.AtomicFile.Write(_folder.Plot, stream =>
        {
            using var writer = new StreamWriter(stream, leaveOpen: true);
            writer.Write(LossPlot.Svg(log.Training, log.Evaluation, Path.GetFileName(_folder.Path)));
        });
    }

    private void Report(float rate, long startTokens, double startSeconds)
    {
        if (_progress is null)
        {
            return;
        }

        var elapsed = Math.Max(Seconds - startSeconds, 1e-9);
        var expected = (long)ExpectedSteps();
        var remaining = _totalSteps is null
            ? _config.Minutes!.Value * 60 - Seconds
            : (expected - _state.Step) * Seconds / Math.Max(_state.Step, 1);
        _progress.Report(new(_state.Step, expected, _state.Loss, _state.EvalLoss, rate, (_state.Tokens - startTokens) / elapsed, _train.Unit, TimeSpan.FromSeconds(Math.Max(remaining, 0))) { Sample = _sample });
        _sample = null;
    }
}
