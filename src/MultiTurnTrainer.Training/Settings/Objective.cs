namespace MultiTurnTrainer.Training.Settings;

/// <summary>What a run optimises.</summary>
public enum Objective
{
    /// <summary>Supervised fine-tuning on token rows.</summary>
    Sft,

    /// <summary>MAIGO: on-policy self-distillation against the own averaged policy on a cleaned history.</summary>
    Maigo,

    /// <summary>CCOPD: the answer turn against the frozen base that sees the whole task.</summary>
    Ccopd,

    /// <summary>History-cleaned distillation on logged replies.</summary>
    DistillOffline,
}

/// <summary>The objectives' names in flags, manifests and fingerprints.</summary>
public static class ObjectiveNames
{
    /// <summary>Every name, such as <c>distill-offline</c>.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<Objective>().Select(GetName)];

    /// <summary>The name of an objective.</summary>
    public static string GetName(this Objective objective) => Naming.KebabCase(objective);

    /// <summary>The objective of one of <see cref="All"/>.</summary>
    public static Objective Parse(string name) => Enum.GetValues<Objective>().First(each => each.GetName() == name);
}
