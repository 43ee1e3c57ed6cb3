namespace MultiTurnTrainer.Training.Loop;

/// <summary>The folder a run writes to, and the names in it.</summary>
/// <param name="path">The folder.</param>
internal sealed class OutputFolder(string path)
{
    /// <summary>Everything a run may leave, so that <c>--force</c> removes that and nothing else.</summary>
    private static readonly string[] _files =
    [
        "adapter_config.json",
        "adapter_model.safetensors",
        "model.safetensors",
        "metrics.csv",
        "metrics.jsonl",
        "evaluations.jsonl",
        "preferences.jsonl",
        "distillation.jsonl",
        "rollouts.jsonl",
        "samples.jsonl",
        "report.html",
        "divergence.json",
        "histories.jsonl",
    ];

    private static readonly string[] _folders = ["checkpoints", "tensorboard", "rollout-adapter"];

    /// <summary>Whether a name in an output folder, or the folder it begins with, is a run's own.</summary>
    public static bool Writes(string name) => _files.Contains(name) || _folders.Contains(name.Split('/')[0]);

    /// <summary>The folder.</summary>
    public string Root { get; } = Path.GetFullPath(path);

    /// <summary>Where checkpoints are.</summary>
    public string Checkpoints => Path.Combine(Root, "checkpoints");

    /// <summary>A file in the folder.</summary>
    public string this[string name] => Path.Combine(Root, name);

    /// <summary>Keeps the folder for this run. One that holds something is refused, unless replacing or resuming was asked for.</summary>
    /// <exception cref="MttException">The folder is taken, is a file, or another run is writing to it.</exception>
    public OutputLock Take(bool force, bool resume)
    {
        if (File.Exists(Root))
        {
            throw new MttException($"{path}: is a file, a folder is needed", "Name another output folder.");
        }

        OutputLock held = OutputLock.TakeFolder(Root);
        if (!force && !resume && !Directory.EnumerateFileSystemEntries(Root).All(OutputLock.IsLock))
        {
            held.Dispose();
            throw new MttException(
                $"{path}: is not empty",
                "Give --resume to go on with the run in it, --force to replace it, or another folder."
            );
        }

        return held;
    }

    /// <summary>Creates the folder; for a new run, removes what an earlier one left.</summary>
    /// <exception cref="MttException">It cannot be written.</exception>
    public void Prepare(bool resume)
    {
        try
        {
            Directory.CreateDirectory(Root);
            if (resume)
            {
                return;
            }

            IEnumerable<string> tokenizer = CompanionFiles.ListTokenizer(Root);
            foreach (string name in _files.Concat(tokenizer))
            {
                File.Delete(this[name]);
            }

            // It would call a run finished that does not come to its end.
            File.Delete(Manifest.PathFor(Root));

            foreach (string name in _folders.Where(name => Directory.Exists(this[name])))
            {
                Directory.Delete(this[name], recursive: true);
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.Explain(path, problem);
        }
    }

    /// <summary>Before a run goes on: its manifest would call it finished if it did not come to its end again.</summary>
    /// <exception cref="MttException">It cannot be removed.</exception>
    public void Reopen()
    {
        try
        {
            File.Delete(Manifest.PathFor(Root));
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.Explain(path, problem);
        }
    }
}
