// Folder Steps: which steps of a run stand as they would be made now, by content alone.
// Refuses to know: what a step does.

namespace MultiTurnTrainer.Runs.Steps;

/// <summary>
/// The records of a run's steps, a file each. A step is fresh when its settings, the bytes of its inputs, the program and the way the
/// steps before it were made are those of its record, and the files it left still have their bytes. Time stamps count for nothing.
/// </summary>
/// <param name="folder">The run's folder.</param>
/// <param name="program">The program's version.</param>
public sealed class StepBook(string folder, string program)
{
    /// <summary>The folder of records in a run's folder.</summary>
    public const string RecordsFolder = "steps";

    // What a training run fills as it goes: whoever deletes it to save space loses no result.
    private static readonly string[] _working = ["checkpoints", "tensorboard", "rollout-adapter"];

    // Models are large: a file is hashed once, what steps leave again when a step begins.
    private readonly Dictionary<string, string> _inputs = [];
    private readonly Dictionary<string, string> _made = [];

    /// <summary>Looks at all steps before any is done.</summary>
    /// <param name="steps">Each after those it depends on.</param>
    /// <exception cref="MttException">An input is missing.</exception>
    public IReadOnlyDictionary<string, StepVerdict> Plan(IEnumerable<RunStep> steps)
    {
        Dictionary<string, StepVerdict> plan = [];
        foreach (RunStep step in steps)
        {
            plan[step.Name] = Judge(step, plan);
        }

        return plan;
    }

    /// <summary>Looks at one step when those before it are done.</summary>
    /// <exception cref="MttException">An input is missing.</exception>
    public StepVerdict Judge(RunStep step) => Judge(step, new Dictionary<string, StepVerdict>());

    private StepVerdict Judge(RunStep step, IReadOnlyDictionary<string, StepVerdict> before)
    {
        if (Find(step) is not { } record)
        {
            return new StepVerdict(StepState.Run, ["not made yet"]);
        }

        string[] reasons =
        [
            .. record.Finished ? [] : (string[])["begun and not finished"],
            .. StepReasons.Between(record.Parts, PartsOf(step)),
            .. record.Finished ? Damage(record) : [],
        ];
        if (reasons.Length > 0)
        {
            return new StepVerdict(StepState.Run, reasons);
        }

        string[] open =
        [
            .. step
                .After.Select(one => one.Name)
                .Where(name => before.TryGetValue(name, out StepVerdict? verdict) && verdict.State != StepState.Fresh),
        ];
        if (open.Length > 0)
        {
            return new StepVerdict(StepState.Open, [$"if {string.Join(" or ", open)} leaves other bytes"]);
        }

        IReadOnlyList<string> changed = StepReasons.Between(record.Reads, HashesOf(step.Reads()));
        return new StepVerdict(changed.Count > 0 ? StepState.Run : StepState.Fresh, changed);
    }

    /// <summary>Notes that a step begins: from now on what is in its folder is this run's own, and may be replaced.</summary>
    /// <param name="step">The step.</param>
    /// <param name="force">Whether what others left in its folder may be replaced too.</param>
    /// <returns>Whether the same step was begun before and not finished: it may go on where it was.</returns>
    /// <exception cref="MttException">Its folder holds something that this run did not make.</exception>
    public bool Begin(RunStep step, bool force = false)
    {
        StepRecord now = new(false, PartsOf(step), HashesOf(step.Reads()), new Dictionary<string, string>());
        StepRecord? last = Find(step);
        if (last is null && !force && AllOf(step.Folder).Any())
        {
            throw new MttException(
                $"{step.Folder}: is not empty, and this run did not make what is in it",
                "Give --force to replace it, or another output folder."
            );
        }

        bool resumes =
            last is { Finished: false }
            && StepReasons.Between(last.Parts, now.Parts).Count == 0
            && StepReasons.Between(last.Reads, now.Reads).Count == 0;
        if (last is not null && !resumes)
        {
            // A run that is interrupted now must not go on later from the checkpoints of the one before.
            RemoveWork(step);
        }

        Write(step, now);
        _made.Clear();
        return resumes;
    }

    /// <summary>Notes that a step is done, with the files that it left. What it was made from is what was there when it began.</summary>
    /// <exception cref="MttException">Its record, which <see cref="Begin"/> wrote, is gone.</exception>
    public void Finish(RunStep step)
    {
        StepRecord begun =
            Find(step)
            ?? throw new MttException($"{PathOf(step)}: is gone", "Leave the folder to the run, and run it again.");
        Write(step, begun with { Finished = true, Outputs = HashesOf(FilesOf(step.Folder)) });
    }

    // Null where there is none, or none that can be read.
    private StepRecord? Find(RunStep step)
    {
        string path = PathOf(step);
        try
        {
            return File.Exists(path) ? RecordJson.Read<StepRecord>(InputFile.ReadBytes(path)) : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private string PathOf(RunStep step) => Path.Combine(folder, RecordsFolder, $"{step.Name}.json");

    private void Write(RunStep step, StepRecord record) =>
        OutputFile.WriteAllBytes(PathOf(step), RecordJson.ToPage(record), force: true);

    private SortedDictionary<string, string> PartsOf(RunStep step)
    {
        SortedDictionary<string, string> parts = new(StringComparer.Ordinal) { [StepReasons.Program] = program };
        foreach ((string name, string value) in step.Settings)
        {
            parts[name] = value;
        }

        for (int i = 0; i < step.Commands.Count; i++)
        {
            parts[Invariant($"{StepReasons.Command}{i + 1}")] = string.Join(' ', step.Commands[i]);
        }

        foreach (string input in step.Inputs)
        {
            if (!_inputs.TryGetValue(input, out string? hash))
            {
                InputFile.RequireExists(input);
                _inputs[input] = hash = ContentHash.OfFile(input);
            }

            parts[$"{StepReasons.File}{input}"] = hash;
        }

        foreach (RunStep before in step.After)
        {
            parts[$"{StepReasons.Made}{before.Name}"] = ContentHash.Of(
                Encoding.UTF8.GetBytes(string.Join('\n', PartsOf(before).Select(part => $"{part.Key}={part.Value}")))
            );
        }

        return parts;
    }

    private IEnumerable<string> Damage(StepRecord record)
    {
        foreach ((string name, string hash) in record.Outputs)
        {
            string path = Path.Combine(folder, name);
            if (!File.Exists(path))
            {
                yield return $"{path} is gone";
            }
            else if (HashOfMade(path) != hash)
            {
                yield return $"{path} was changed";
            }
        }
    }

    private SortedDictionary<string, string> HashesOf(IEnumerable<string> paths)
    {
        SortedDictionary<string, string> hashes = new(StringComparer.Ordinal);
        foreach (string path in paths.Where(File.Exists))
        {
            hashes[Path.GetRelativePath(folder, path)] = HashOfMade(path);
        }

        return hashes;
    }

    private string HashOfMade(string path) =>
        _made.TryGetValue(path, out string? hash) ? hash : _made[path] = ContentHash.OfFile(path);

    private static IEnumerable<string> FilesOf(string made) =>
        AllOf(made)
            .Where(path => !_working.Contains(Path.GetRelativePath(made, path).Split('/')[0]))
            .Append(Manifest.PathFor(made));

    // Names with a point are locks and files that are not finished.
    private static IEnumerable<string> AllOf(string made) =>
        Directory.Exists(made)
            ? Directory
                .EnumerateFiles(made, "*", SearchOption.AllDirectories)
                .Where(path => !Path.GetFileName(path).StartsWith('.'))
            : [];

    private static void RemoveWork(RunStep step)
    {
        foreach (string path in _working.Select(name => Path.Combine(step.Folder, name)).Where(Directory.Exists))
        {
            Directory.Delete(path, recursive: true);
        }
    }
}
