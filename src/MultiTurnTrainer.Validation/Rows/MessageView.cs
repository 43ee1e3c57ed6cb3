namespace MultiTurnTrainer.Validation.Rows;

/// <summary>A message of a row: where its parts lie on the canonical tape; −1 where there is none.</summary>
internal struct MessageView
{
    public int Token;
    public Role Role;
    public int RoleToken;
    public int Content;
    public int Reasoning;
    public int Calls;
    public int CallId;
    public int Name;

    /// <summary>Index of its first call in <see cref="Row.Calls"/>, and how many there are.</summary>
    public int FirstCall;
    public int CallCount;

    /// <summary>Whether the content has anything but white space.</summary>
    public bool HasText;
}

/// <summary>A tool call: where its parts lie on the canonical tape; −1 where there is none.</summary>
internal struct CallView
{
    public int Token;
    public int Message;
    public int Id;
    public int Name;
    public int Arguments;
}
