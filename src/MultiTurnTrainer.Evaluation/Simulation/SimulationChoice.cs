namespace MultiTurnTrainer.Evaluation.Simulation;

/// <summary>A mode as it is named on the command line and in files: <c>sharded</c>, <c>padded:20</c>.</summary>
/// <param name="Mode">How a task is put.</param>
/// <param name="SmallTalk">Turns of small talk, for <see cref="SimulationMode.Padded"/>; 0 otherwise.</param>
public readonly record struct SimulationChoice(SimulationMode Mode, int SmallTalk = 0)
{
    /// <summary>More than anybody talks between two details of one task.</summary>
    public const int MostSmallTalk = 1000;

    /// <summary>Every name there is.</summary>
    public static IEnumerable<string> Names =>
        Enum.GetValues<SimulationMode>()
            .Select(mode => mode == SimulationMode.Padded ? "padded:N" : Naming.KebabCase(mode));

    /// <summary>The name.</summary>
    public string Name =>
        Mode == SimulationMode.Padded ? Invariant($"{Naming.KebabCase(Mode)}:{SmallTalk}") : Naming.KebabCase(Mode);

    /// <summary>A mode that needs no number is its choice.</summary>
    public static implicit operator SimulationChoice(SimulationMode mode) => new(mode);

    /// <summary>Reads a name.</summary>
    /// <exception cref="MttException">There is no such mode.</exception>
    public static SimulationChoice Parse(string name) =>
        TryParse(name, out SimulationChoice? choice)
            ? choice.Value
            : throw new MttException(
                $"--modes {name}: is not known",
                $"One of {string.Join(", ", Names)}; N is 1 to {MostSmallTalk}."
            );

    /// <summary>Reads a name, where it is one.</summary>
    public static bool TryParse(string name, [NotNullWhen(true)] out SimulationChoice? choice)
    {
        string[] parts = name.Split(':');
        choice = null;
        foreach (
            SimulationMode mode in Enum.GetValues<SimulationMode>().Where(mode => Naming.KebabCase(mode) == parts[0])
        )
        {
            bool padded = mode == SimulationMode.Padded;
            int turns = 0;
            if (
                parts.Length == (padded ? 2 : 1)
                && (
                    !padded
                    || (
                        int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out turns)
                        && turns is > 0 and <= MostSmallTalk
                    )
                )
            )
            {
                choice = new SimulationChoice(mode, turns);
            }
        }

        return choice is not null;
    }
}
