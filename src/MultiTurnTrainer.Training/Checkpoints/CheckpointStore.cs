// Folder Checkpoints: puts the state of a run on the disk whole, and gives it back only to the same run.
// Refuses to know: what the numbers mean, when to save.

namespace MultiTurnTrainer.Training.Checkpoints;

/// <summary>
/// Checkpoints of one run: <c>checkpoints/step-00000100/</c> with one <c>.bin</c> per buffer and <c>state.json</c>,
/// which holds their hashes and is written last. A folder gets its name only when everything in it is on the disk.
/// </summary>
/// <param name="folder">The <c>checkpoints</c> folder of the output.</param>
/// <param name="fingerprint">The run that writes and resumes.</param>
/// <param name="keepLast">How many of the latest stay.</param>
internal sealed class CheckpointStore(string folder, RunFingerprint fingerprint, int keepLast)
{
    private const int FormatVersion = 1;
    private const string StateName = "state.json";

    /// <summary>Values of a buffer that are written at a time, so that saving needs next to no memory.</summary>
    private const long Piece = 1 << 20;

    private byte[]? _owner;

    /// <summary>
    /// From here on the checkpoints are this run's: one that was here before, and was only stopped or cut off, saves no more. A lock does
    /// not reach from one machine to another everywhere.
    /// </summary>
    public void TakeOver()
    {
        Directory.CreateDirectory(folder);
        _owner = RandomNumberGenerator.GetBytes(16);
        OutputFile.WriteAllBytes(OwnerPath, _owner, force: true);
    }

    /// <summary>Writes a checkpoint and removes those no longer wanted.</summary>
    /// <param name="step">Optimizer steps done.</param>
    /// <param name="buffers">The flat float32 buffers.</param>
    /// <param name="counters">Small state of the loop.</param>
    /// <param name="best">The step of the best evaluation, kept besides the latest; null where there is none.</param>
    /// <param name="addFiles">Writes what else belongs into the folder that it is given.</param>
    /// <returns>The checkpoint's folder.</returns>
    /// <exception cref="MttException">The disk is full or not writable; older checkpoints are untouched.</exception>
    public string Save(
        int step,
        IEnumerable<(string Name, Tensor Values)> buffers,
        JsonFields counters,
        int? best,
        Action<string>? addFiles = null
    )
    {
        string final = GetPath(step);
        string temporary = TemporaryName.For(final);
        try
        {
            Directory.CreateDirectory(temporary);
            JsonFields hashes = [];
            foreach ((string name, Tensor values) in buffers)
            {
                hashes[name] = Write(Path.Combine(temporary, $"{name}.bin"), ReadPieces(values));
            }

            addFiles?.Invoke(temporary);
            JsonFields json = new()
            {
                ["format"] = FormatVersion,
                ["step"] = step,
                ["fingerprint"] = fingerprint.ToJson(),
                ["sha256"] = hashes,
                ["counters"] = counters,
            };
            Write(Path.Combine(temporary, StateName), [JsonText.PageBytes(json)]);
            RequireOwner();
            if (Directory.Exists(final))
            {
                // Put aside by a rename: deleting takes long enough to be killed with neither of the two in place.
                Directory.Move(final, TemporaryName.For(final));
            }

            Directory.Move(temporary, final);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            Remove(temporary);
            throw OutputFile.Explain(final, problem);
        }
        catch (MttException)
        {
            Remove(temporary);
            throw;
        }

        RemoveOld(best);
        return final;
    }

    /// <summary>The latest checkpoint that is whole and belongs to this run, or null where there is none.</summary>
    /// <param name="damaged">Told of every later checkpoint that had to be passed over.</param>
    public TrainingState? LoadLatest(Action<string> damaged)
    {
        foreach (int step in FindSteps().OrderDescending())
        {
            try
            {
                return Load(GetPath(step));
            }
            catch (InvalidDataException problem)
            {
                damaged(problem.Message);
            }
        }

        return null;
    }

    /// <summary>One checkpoint, by its folder.</summary>
    /// <exception cref="MttException">It is missing, damaged, or another run's.</exception>
    public TrainingState LoadFrom(string checkpoint)
    {
        Require(checkpoint);
        try
        {
            return Load(checkpoint);
        }
        catch (InvalidDataException problem)
        {
            throw new MttException(problem.Message, "Take an earlier checkpoint of the same run.", problem);
        }
    }

    /// <summary>Refuses a folder that is no checkpoint, without reading it.</summary>
    public static void Require(string checkpoint)
    {
        if (!File.Exists(Path.Combine(checkpoint, StateName)))
        {
            throw new MttException(
                $"{checkpoint}: is no checkpoint (it holds no {StateName})",
                "Name a folder such as OUTPUT/checkpoints/step-00000100, or give --resume alone for the latest one."
            );
        }
    }

    /// <summary>The checkpoint of a step.</summary>
    public TrainingState LoadStep(int step) => LoadFrom(GetPath(step));

    private TrainingState Load(string checkpoint)
    {
        try
        {
            string state = Path.Combine(checkpoint, StateName);
            JsonView json = File.Exists(state)
                ? JsonView.Parse(InputFile.ReadBytes(state))
                : throw new InvalidDataException($"{checkpoint}: damaged, it holds no {StateName}");
            if (json.GetProperty("format").GetInt32() != FormatVersion)
            {
                throw new MttException(
                    $"{checkpoint}: written by a version of mtt with another checkpoint format",
                    "Resume with the version that wrote it."
                );
            }

            RunFingerprint stored = RunFingerprint.FromJson(json.GetProperty("fingerprint"));
            fingerprint.RequireSame(stored, checkpoint);
            return new TrainingState(
                json.GetProperty("step").GetInt32(),
                json.GetProperty("sha256")
                    .EnumerateObject()
                    .ToDictionary(
                        part => part.Name,
                        part => Read(Path.Combine(checkpoint, $"{part.Name}.bin"), part.Value.GetString()!)
                    ),
                json.GetProperty("counters") is { Kind: JsonKind.Object } counters
                    ? counters
                    : throw new InvalidDataException("counters is no object")
            )
            {
                HasOtherLength = !fingerprint.HasLengthOf(stored),
            };
        }
        catch (Exception problem)
            when (problem
                    is FormatException
                        or KeyNotFoundException
                        or IOException
                        or UnauthorizedAccessException
                        or InvalidDataException
                        or InvalidOperationException
            )
        {
            throw new InvalidDataException($"{checkpoint}: the checkpoint is damaged ({problem.Message})", problem);
        }
    }

    private string OwnerPath => Path.Combine(folder, "owner");

    private void RequireOwner()
    {
        if (
            _owner is not null
            && !(File.Exists(OwnerPath) && File.ReadAllBytes(OwnerPath).AsSpan().SequenceEqual(_owner))
        )
        {
            throw new MttException(
                $"{folder}: a newer run has taken the checkpoints over, so this one saves no more",
                "Nothing is to be done: the newer run goes on from what was saved before it began."
            );
        }
    }

    private static float[] Read(string path, string hash)
    {
        using FileStream stream = new(path, FileMode.Open, FileAccess.Read);
        float[] values = new float[stream.Length / sizeof(float)];
        Span<byte> bytes = MemoryMarshal.AsBytes(values.AsSpan());
        stream.ReadExactly(bytes);
        return stream.Length == bytes.Length && Convert.ToHexStringLower(SHA256.HashData(bytes)) == hash
            ? values
            : throw new InvalidDataException($"{path}: its hash differs");
    }

    private static IEnumerable<byte[]> ReadPieces(Tensor values)
    {
        for (long begin = 0; begin < values.numel(); begin += Piece)
        {
            long end = Math.Min(begin + Piece, values.numel());
            using Tensor piece = values.narrow(0, begin, end - begin);
            yield return MemoryMarshal.AsBytes(piece.data<float>().ToArray().AsSpan()).ToArray();
        }
    }

    private static string Write(string path, IEnumerable<byte[]> pieces)
    {
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        using FileStream stream = new(path, FileMode.CreateNew, FileAccess.Write);
        foreach (byte[] piece in pieces)
        {
            stream.Write(piece);
            hash.AppendData(piece);
        }

        stream.Flush(flushToDisk: true);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private string GetPath(int step) => Path.Combine(folder, Invariant($"step-{step:D8}"));

    private IEnumerable<int> FindSteps() =>
        Directory.Exists(folder)
            ? Directory
                .EnumerateDirectories(folder, "step-????????")
                .Select(path =>
                    int.TryParse(Path.GetFileName(path).AsSpan(5), CultureInfo.InvariantCulture, out int step)
                        ? step
                        : -1
                )
                .Where(step => step >= 0)
            : [];

    private void RemoveOld(int? best)
    {
        foreach (int step in FindSteps().OrderDescending().Skip(keepLast).Where(step => step != best).ToArray())
        {
            Remove(GetPath(step));
        }

        // What a killed process left behind.
        foreach (string leftover in Directory.EnumerateDirectories(folder, "*.tmp-*").ToArray())
        {
            Remove(leftover);
        }
    }

    private static void Remove(string path)
    {
        try
        {
            Directory.Delete(path, recursive: true);
        }
        catch (IOException)
        {
            // Leftovers are removed at the next save.
        }
    }
}
