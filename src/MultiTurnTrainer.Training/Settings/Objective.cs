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

    /// <summary>Direct preference optimisation over pairs of conversations.</summary>
    Dpo,

    /// <summary>SimPO: length-normalised, with a margin, without a reference (arXiv 2405.14734).</summary>
    Simpo,

    /// <summary>ORPO: the odds ratio beside the chosen side's own loss, without a reference (arXiv 2403.07691).</summary>
    Orpo,

    /// <summary>KTO: rows labelled desirable or undesirable (arXiv 2402.01306).</summary>
    Kto,
}

/// <summary>The objectives' names in flags, manifests and fingerprints.</summary>
public static class ObjectiveNames
{
    /// <summary>Every name, such as <c>distill-offline</c>.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<Objective>().Select(GetName)];

    /// <summary>The name of an objective.</summary>
    public static string GetName(this Objective objective) => Naming.KebabCase(objective);

    /// <summary>Whether it compares two contexts of a reply.</summary>
    public static bool IsDistilling(this Objective objective) =>
        objective is Objective.Maigo or Objective.Ccopd or Objective.DistillOffline;

    /// <summary>Whether it trains on which answer was better.</summary>
    public static bool IsPreference(this Objective objective) =>
        objective is Objective.Dpo or Objective.Simpo or Objective.Orpo or Objective.Kto;

    /// <summary>The objective of one of <see cref="All"/>.</summary>
    public static Objective Parse(string name) => Enum.GetValues<Objective>().First(each => each.GetName() == name);
}
